// The public API, as any page may use it.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.message);
    this.status = status;
    this.code = problem.code;
  }
}

export async function start(community) {
  const body = { source: "demo-page" };
  if (community) body.community = community;
  return json(await call("POST", "/api/agent/start", { body }));
}

export async function ownThread(token) {
  return json(await call("GET", "/api/agent/thread", { token }));
}

export async function renew(token) {
  return json(await call("POST", "/api/agent/token", { token }));
}

export async function act(token, threadId, action, args) {
  const body = { thread_id: threadId, action, args };
  return json(await call("POST", "/api/agent/action", { token, body }));
}

/** The events of a streamed reply, as {event, data}. */
export async function* reply(token, threadId, message, messageId) {
  const body = { thread_id: threadId, message, message_id: messageId };
  const accept = "text/event-stream";
  yield* frames(await call("POST", "/api/agent/reply", { token, body, accept }));
}

/** What happens in the thread after event `after`, as {id, event, data}. */
export async function* listen(token, after, signal) {
  const headers = after === null ? {} : { "Last-Event-ID": after };
  const accept = "text/event-stream";
  yield* frames(await call("GET", "/api/agent/events", { token, accept, headers, signal }));
}

async function call(method, path, { token, body, accept, headers, signal } = {}) {
  const response = await fetch(path, {
    method,
    signal,
    headers: {
      Accept: accept ?? "application/json",
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) {
    const answer = await response.json().catch(() => null);
    const unknown = { code: "unreachable", message: "The server does not answer; try again." };
    throw new Refused(response.status, answer?.error ?? unknown);
  }
  return response;
}

const json = (response) => response.json();

async function* frames(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(
        part.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 2)]),
      );
      if (fields.data) yield { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}
