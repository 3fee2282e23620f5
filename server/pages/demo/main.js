// The conversation of this page: one thread, kept over reloads of the tab.

import * as api from "./api.js";
import * as view from "./view.js";

const STORE = "latchkey-visit";
const RENEW_BEFORE = 10 * 60 * 1000;
const RECONNECT = 1500;
const IDEAS = [
  "A two-bedroom under $3,000",
  "I have a dog. What is available?",
  "Can I see a place this week?",
];
const TOLD = {
  approved: "The team has confirmed it.",
  edited: "The team has confirmed it with a change.",
  rejected: "The team could not confirm it.",
  responded: "The team has answered.",
  expired: "Nobody confirmed it in time.",
};

const community = new URLSearchParams(location.search).get("community");
const form = document.getElementById("form");
const box = document.getElementById("message");
const send = document.getElementById("send");

let visit = null;
let listening = null;
let lastEvent = null;
let busy = false;
let waiting = [];
const shown = new Set();

async function open() {
  const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null");
  if (kept && kept.community === community && (await resume(kept))) return;
  await begin();
}

async function begin() {
  const started = await api.start(community);
  keep(started);
  show({ role: "agent", text: started.disclosure, turn_index: 0 });
  view.ideas(IDEAS, say);
  listen();
}

async function resume(kept) {
  try {
    const thread = await api.ownThread(kept.visitor_token);
    visit = kept;
    lastEvent = kept.last_event ?? null;
    for (const message of thread.messages) show(message);
    if (thread.messages.length < 2) view.ideas(IDEAS, say);
    if (thread.pending_actions.length) view.note("Waiting for the team to confirm.");
  } catch (error) {
    if (error instanceof api.Refused && [401, 404].includes(error.status)) return false;
    throw error;
  }
  listen();
  return true;
}

function keep({ thread_id, visitor_token, expires_at }) {
  visit = { thread_id, visitor_token, expires_at, community };
  store();
}

function store() {
  sessionStorage.setItem(STORE, JSON.stringify({ ...visit, last_event: lastEvent }));
}

async function fresh() {
  if (Date.parse(visit.expires_at) - Date.now() < RENEW_BEFORE) {
    keep(await api.renew(visit.visitor_token));
  }
  return visit.visitor_token;
}

function show(message) {
  if (message.role === "system" || shown.has(message.turn_index)) return;
  shown.add(message.turn_index);
  const element = view.turn(message.role, message.text);
  view.offer(element, message, on);
}

const on = {
  slot: (slot) => say(slot.label),
  tour: (home) => say(`I'd like to tour ${home.name}.`),
  save: async (home) => {
    try {
      const args = { listing_id: home.listing_id };
      await api.act(await fresh(), visit.thread_id, "mark_favorite", args);
      return true;
    } catch (error) {
      view.failure(error.message);
      return false;
    }
  },
};

async function say(text, messageId = crypto.randomUUID?.() ?? `m${Date.now()}`, again = false) {
  if (busy || !visit || !text.trim()) return;
  setBusy(true);
  view.ideas([], say);
  view.retire();
  if (!again) view.turn("lead", text);
  const dots = view.typing();
  try {
    await hear(text, messageId, dots);
  } catch (error) {
    const message = error instanceof api.Refused ? error.message : "The connection was lost.";
    const retry = error instanceof api.Refused && error.status < 500 && error.status !== 429;
    view.failure(message, retry ? null : () => say(text, messageId, true));
  } finally {
    dots.remove();
    setBusy(false);
    for (const message of waiting.splice(0)) show(message);
  }
}

async function hear(text, messageId, dots) {
  let element = null;
  for await (const { event, data } of api.reply(await fresh(), visit.thread_id, text, messageId)) {
    if (event === "accepted") shown.add(data.turn_index);
    if (event === "token") {
      element ??= view.turn("agent", "");
      dots.remove();
      element.querySelector(".bubble").textContent += data.text;
    }
    if (event === "reset" && element) element.querySelector(".bubble").textContent = "";
    if (event === "error") throw new api.Refused(503, data);
    if (event === "done") {
      if (shown.has(data.turn_index)) element?.remove();
      else if (element) view.offer(element, { ...data, text: data.reply }, on);
      shown.add(data.turn_index);
      if (data.pending_actions.length) view.note("Waiting for the team to confirm.");
    }
  }
}

async function listen() {
  listening?.abort();
  const stop = (listening = new AbortController());
  while (!stop.signal.aborted) {
    try {
      for await (const { id, event, data } of api.listen(await fresh(), lastEvent, stop.signal)) {
        online(true);
        if (id !== undefined) {
          lastEvent = id;
          store();
        }
        if (event === "message" && data.message) heard(data.message);
        if (event === "approval.decided" && TOLD[data.status]) view.note(TOLD[data.status]);
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error instanceof api.Refused && error.status < 500) return ended();
      online(false);
    }
    await new Promise((done) => setTimeout(done, RECONNECT));
  }
}

function heard(message) {
  if (busy) waiting.push(message);
  else show(message);
}

function ended() {
  sessionStorage.removeItem(STORE);
  view.failure("This conversation has ended.", restart);
}

async function restart() {
  listening?.abort();
  sessionStorage.removeItem(STORE);
  shown.clear();
  waiting = [];
  lastEvent = null;
  view.clear();
  await guarded(begin);
  box.focus();
}

function online(is) {
  document.querySelector(".chat").classList.toggle("offline", !is);
  document.getElementById("status").textContent = is ? "Automated assistant" : "Reconnecting…";
}

function setBusy(is) {
  busy = is;
  send.disabled = is || !visit || !box.value.trim();
}

async function guarded(work) {
  try {
    await work();
  } catch (error) {
    const message = error instanceof api.Refused ? error.message : "The server does not answer.";
    view.failure(message, () => guarded(work));
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (busy) return;
  const text = box.value.trim();
  box.value = "";
  say(text);
});
box.addEventListener("input", () => setBusy(busy));
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.getElementById("human").addEventListener("click", () => say("I'd like to talk to a person."));
document.getElementById("again").addEventListener("click", restart);

await guarded(open);
