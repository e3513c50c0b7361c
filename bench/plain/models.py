"""The tables that a tutorial would make."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models


class Exam(models.Model):
    """An exam."""

    title = models.CharField(max_length=200)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """A question of an exam."""

    exam = models.ForeignKey(Exam, on_delete=models.CASCADE, related_name="questions")

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.exam}, question {self.pk}"


class Sitting(models.Model):
    """One student's exam."""

    id = models.UUIDField(primary_key=True)
    exam = models.ForeignKey(Exam, on_delete=models.CASCADE)
    token = models.CharField(max_length=64)
    deadline = models.DateTimeField()
    submitted = models.BooleanField(default=False)
    last_seen = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.Model):
    """What a student answered."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.CASCADE)
    value = models.TextField()
    saved = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sitting", "question"], name="one_answer_a_question")
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.value}"
