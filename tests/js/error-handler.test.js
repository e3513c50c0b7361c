import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./stand-ins.js";
import { json, makeHandler, makePage, makeStorage } from "./stand-ins-page.js";

const OFFLINE = new TypeError("Failed to fetch");

function failing(times, then = () => json(200)) {
  return (_, count) => {
    if (count <= times) throw OFFLINE;
    return then();
  };
}

function raise(page, message) {
  const event = new Event("error");
  page.dispatchEvent(Object.assign(event, { error: new Error(message), message }));
}

function reportsOf({ body }) {
  return JSON.parse(body).reports;
}

test("waits twice as long before each try, and returns the reply", async () => {
  const { handler, time, requests } = makeHandler(failing(3));

  const reply = handler.retryAjax("/api/thing/");
  await time.advance(60_000);

  assert.equal((await reply).status, 200);
  assert.deepEqual(
    requests.map(({ at }) => at),
    [0, 1000, 3000, 7000],
  );
});

test("jitter is full: the wait is anything from nothing on", async () => {
  const { handler, time, requests } = makeHandler(failing(3), { random: () => 0 });

  handler.retryAjax("/api/thing/");
  await time.advance(1);

  assert.equal(requests.length, 4);
});

test("throws what fetch threw when no try is left", async () => {
  const { handler, time, requests } = makeHandler(failing(9));

  const refused = assert.rejects(handler.retryAjax("/api/thing/", { retries: 1 }), OFFLINE);
  await time.advance(60_000);

  await refused;
  assert.equal(requests.length, 2);
});

for (const status of [408, 425, 429, 500, 502, 503]) {
  test(`tries again after ${status}`, async () => {
    const { handler, time } = makeHandler((_, count) => json(count === 1 ? status : 200));

    const reply = handler.retryAjax("/api/thing/");
    await time.advance(60_000);

    assert.equal((await reply).status, 200);
  });
}

for (const status of [204, 301, 400, 401, 403, 404, 409, 413, 422]) {
  test(`returns ${status} at once`, async () => {
    const { handler, requests } = makeHandler(() => new Response(null, { status }));

    assert.equal((await handler.retryAjax("/api/thing/")).status, status);
    assert.equal(requests.length, 1);
  });
}

for (const [name, value, at] of [
  ["seconds", "7", 7000],
  ["a date", new Date(9000).toUTCString(), 9000],
  ["less than the own wait", "0", 1000],
  ["nonsense", "soon", 1000],
]) {
  test(`Retry-After is a floor: ${name}`, async () => {
    const { handler, time, requests } = makeHandler((_, count) =>
      json(count === 1 ? 503 : 200, {}, { "Retry-After": value }),
    );

    handler.retryAjax("/api/thing/");
    await time.advance(60_000);

    assert.deepEqual(
      requests.map((request) => request.at),
      [0, at],
    );
  });
}

test("a server that asks for more than a minute is not waited for", async () => {
  const { handler } = makeHandler(() => json(429, {}, { "Retry-After": "3600" }));

  assert.equal((await handler.retryAjax("/api/thing/")).status, 429);
});

test("gives a try up when its time is over", async () => {
  const never = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { handler, time, requests } = makeHandler(never);

  const refused = assert.rejects(handler.retryAjax("/api/thing/", { timeoutMs: 500, retries: 1 }), {
    name: "TimeoutError",
  });
  await time.advance(60_000);

  await refused;
  assert.deepEqual(
    requests.map(({ at }) => at),
    [0, 1500],
  );
});

test("a body that breaks off is asked for again", async () => {
  const broken = () =>
    new Response(new ReadableStream({ start: (control) => control.error(OFFLINE) }));
  const { handler, time } = makeHandler((_, count) => (count === 1 ? broken() : json(200, [7])));

  const reply = handler.retryAjax("/api/thing/");
  await time.advance(60_000);

  assert.deepEqual(await (await reply).json(), [7]);
});

test("the caller's signal ends a wait", async () => {
  const { handler, time, requests } = makeHandler(failing(9));
  const stop = new AbortController();

  const refused = assert.rejects(handler.retryAjax("/x/", { signal: stop.signal }), {
    name: "AbortError",
  });
  await settle();
  stop.abort();

  await refused;
  await time.advance(60_000);
  assert.equal(requests.length, 1);
});

test("one idempotency key for all tries of an unsafe method, none for a safe one", async () => {
  const { handler, time, requests } = makeHandler((_, count) => json(count < 4 ? 503 : 200));
  const headers = { "X-CSRFToken": "t" };

  handler.retryAjax("/api/thing/", { method: "post", headers });
  await time.advance(60_000);
  await handler.retryAjax("/api/thing/");

  const keys = requests.map((request) => request.headers["idempotency-key"]);
  assert.equal(new Set(keys.slice(0, 4)).size, 1);
  assert.equal(keys[0].length, 32);
  assert.equal(keys[4], undefined);
});

test("another origin gets neither key nor token", async () => {
  const { handler, requests } = makeHandler(() => json(200));

  await handler.retryAjax("https://elsewhere/", { method: "POST" });

  assert.deepEqual(requests[0].headers, {});
});

test("a refused CSRF token is replaced once", async () => {
  const { handler, requests } = makeHandler(({ url }, count) =>
    url === "/api/csrf/" ? json(200, { token: `t${count}` }) : json(403, { error: "csrf" }),
  );

  const reply = await handler.retryAjax("/api/thing/", { method: "PUT" });

  assert.equal(reply.status, 403);
  assert.deepEqual(
    requests.map(({ url, headers }) => [url, headers["x-csrftoken"]]),
    [
      ["/api/csrf/", undefined],
      ["/api/thing/", "t1"],
      ["/api/csrf/", undefined],
      ["/api/thing/", "t3"],
    ],
  );
});

test("another 403 is an answer", async () => {
  const { handler, requests } = makeHandler(() => json(403, { error: "forbidden" }));

  assert.equal((await handler.retryAjax("/api/thing/")).status, 403);
  assert.equal(requests.length, 1);
});

test("the network's return ends the wait", async () => {
  const { handler, time, requests, page } = makeHandler(failing(1));

  handler.retryAjax("/api/thing/");
  await time.advance(10);
  page.dispatchEvent(new Event("online"));
  await settle();

  assert.deepEqual(
    requests.map(({ at }) => at),
    [0, 10],
  );
});

const intake = ({ url }) => (url === "/api/csrf/" ? json(200, { token: "t" }) : json(200));

test("one uncaught error gives one report", async () => {
  const { time, requests, page } = makeHandler(intake);

  raise(page, "boom");
  await time.advance(3_600_000);

  const sent = requests.filter(({ url }) => url === "/api/errors/");
  assert.equal(sent.length, 1);
  const [{ stack, ...report }] = reportsOf(sent[0]);
  assert.deepEqual(report, {
    kind: "uncaught",
    message: "Error: boom",
    context: "",
    page: "/staff/",
    count: 1,
  });
  assert.match(stack, /error-handler\.test\.js/);
});

for (const [name, message, most] of [
  ["alike", (at) => `boom ${at}`, 1],
  ["different", (at) => `boom ${"x".repeat(at % 200)}`, 20],
]) {
  test(`10,000 errors that are ${name}: bounded queue, bounded traffic`, async () => {
    const { handler, time, requests, page } = makeHandler(intake);

    for (let at = 0; at < 10_000; at++) raise(page, message(at));
    assert.ok(handler.stats().queued <= most);
    await time.advance(3_600_000);

    const sent = requests.filter(({ url }) => url === "/api/errors/");
    assert.ok(sent.length <= 3, `${sent.length}`);
    const count = sent.flatMap(reportsOf).reduce((sum, report) => sum + report.count, 0);
    assert.equal(count + JSON.parse(sent[0].body).dropped, 10_000);
  });
}

test("a loop that never ends sends about ten batches an hour", async () => {
  const { time, requests, page } = makeHandler(intake);

  for (let second = 0; second < 3600; second++) {
    raise(page, "boom");
    await time.advance(1000);
  }

  const sent = requests.filter(({ url }) => url === "/api/errors/");
  assert.ok(sent.length < 25, `${sent.length}`);
});

test("an intake that fails is left alone longer and longer, and gets all in the end", async () => {
  let isBroken = true;
  const { handler, time, requests, page } = makeHandler((request) =>
    request.url === "/api/errors/" && isBroken ? json(500) : intake(request),
  );

  raise(page, "boom");
  await time.advance(60_000);
  const tries = requests.filter(({ url }) => url === "/api/errors/").length;
  isBroken = false;
  await time.advance(3_600_000);

  assert.ok(tries <= 6, `${tries}`);
  assert.deepEqual([handler.stats().queued, handler.stats().sent], [0, 1]);
});

test("what the server will never take is not sent again", async () => {
  const { handler, time, page } = makeHandler((request) =>
    request.url === "/api/errors/" ? json(400) : intake(request),
  );

  raise(page, "boom");
  await time.advance(3_600_000);

  assert.deepEqual(handler.stats(), { queued: 0, sent: 0, dropped: 0, batches: 1 });
});

test("an error while reporting does not report itself", () => {
  const { handler } = makeHandler(intake);
  const odd = {
    get message() {
      handler.report(new Error("inner"));
      throw new Error("outer");
    },
  };

  handler.report(odd);

  assert.deepEqual(handler.stats(), { queued: 0, sent: 0, dropped: 1, batches: 0 });
});

for (const thrown of [undefined, null, 7, "text", Symbol.iterator, {}, Object.create(null)]) {
  test(`takes whatever is thrown: ${typeof thrown}`, () => {
    const { handler } = makeHandler(intake);

    assert.doesNotThrow(() => handler.handleError(thrown, "odd"));
  });
}

test("addresses in reports have no query", async () => {
  const { handler, time, requests } = makeHandler(intake);
  const error = new Error("GET /staff/students/?q=Kim failed");
  error.stack = "at run (https://test/a.js?name=Kim:3:5)";

  handler.report(error);
  await time.advance(2000);

  const [{ message, stack }] = reportsOf(requests.at(-1));
  assert.deepEqual(
    [message, stack],
    ["Error: GET /staff/students/ failed", "at run (https://test/a.js:3:5)"],
  );
});

test("a batch of the longest reports fits into 16 KB", async () => {
  const { handler, time, requests } = makeHandler(intake);

  for (let at = 0; at < 20; at++) {
    const error = new Error("가".repeat(9000) + "x".repeat(at));
    error.stack = `${"y".repeat(at)} ${"가".repeat(9000)}`;
    handler.report(error, "c".repeat(at));
  }
  await time.advance(3_600_000);

  const sent = requests.filter(({ url }) => url === "/api/errors/");
  assert.ok(sent.every(({ body }) => Buffer.byteLength(body) <= 16_384));
  assert.equal(handler.stats().queued, 0);
});

test("being offline is no defect", async () => {
  const { handler, time, requests } = makeHandler(intake);

  handler.handleError(OFFLINE, "list");
  await time.advance(60_000);

  assert.equal(requests.length, 0);
});

test("what could not be done offline is done when the network is back", async () => {
  const { handler, page } = makeHandler(intake);
  let done = 0;

  handler.handleError(OFFLINE, "list", () => void done++);
  page.dispatchEvent(new Event("online"));
  page.dispatchEvent(new Event("online"));
  await settle();

  assert.equal(done, 1);
});

test("a page that goes without a token leaves its reports to the next one", async () => {
  const storage = makeStorage();
  const first = makeHandler(intake, { storage });
  first.handler.report(new Error("last"));
  first.page.dispatchEvent(new Event("pagehide"));

  const { time, requests } = makeHandler(intake, { storage, page: makePage() });
  await time.advance(2000);

  assert.equal(first.requests.length, 0);
  assert.equal(reportsOf(requests.at(-1))[0].message, "Error: last");
  assert.deepEqual(Object.keys(storage), []);
});

test("after destroy nothing is heard or sent", async () => {
  const { handler, time, requests, page } = makeHandler(intake);
  handler.report(new Error("queued"));

  handler.destroy();
  raise(page, "boom");
  await time.advance(60_000);

  assert.equal(requests.length, 0);
});
