"""PrimePath, a placement-test system: papers in, answers kept, levels explained."""
