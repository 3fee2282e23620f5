// What the chat looks like; text is only ever set as text.

const log = document.getElementById("log");

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function place(element) {
  log.append(element);
  log.scrollTop = log.scrollHeight;
  return element;
}

const SPEAKERS = { lead: "You", agent: "Assistant", staff: "Leasing team" };

/** A turn of the conversation; returns the element to fill further. */
export function turn(role, text) {
  const element = make("div", `turn ${role}-turn`);
  element.append(make("span", "sr-only", `${SPEAKERS[role] ?? "Note"}:`));
  element.append(make("div", "bubble", text));
  return place(element);
}

export function typing() {
  const element = make("div", "turn agent-turn");
  const dots = make("div", "bubble typing");
  dots.append(make("i"), make("i"), make("i"));
  element.append(make("span", "sr-only", "The assistant is writing"), dots);
  return place(element);
}

export function note(text) {
  return place(make("p", "note", text));
}

export function failure(text, retry) {
  const element = turn("agent", text);
  element.classList.add("failed");
  if (retry) {
    const again = chip("Try again", () => {
      element.remove();
      retry();
    });
    element.append(again);
  }
  return element;
}

/** Add homes and times to the turn that offers them, in the place of its numbered lines. */
export function offer(element, { text, listings = [], slots = [] }, on) {
  const shown = listings.length ? homes(listings, on) : slots.length ? times(slots, on) : null;
  if (!shown) return;
  const [before, after] = around(text, listings.length || slots.length);
  element.querySelector(".bubble").textContent = before;
  element.classList.add("wide");
  element.append(shown);
  if (after) element.append(make("div", "bubble", after));
  log.scrollTop = log.scrollHeight;
}

function homes(listings, on) {
  const list = make("ul", "homes");
  list.append(...listings.map((home) => card(home, on)));
  return list;
}

function times(slots, on) {
  const list = make("div", "chips");
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Tour times");
  list.append(...slots.map((slot) => chip(slot.label, () => on.slot(slot))));
  return list;
}

// What a reply says before and after its numbered lines; all before where they are not `count`.
function around(text, count) {
  const lines = text.split("\n");
  const numbered = lines.map((line) => /^\d+\. /.test(line));
  if (numbered.filter(Boolean).length !== count) return [text, ""];
  const before = lines.slice(0, numbered.indexOf(true));
  const after = lines.slice(numbered.lastIndexOf(true) + 1);
  return [before.join("\n").trim(), after.join("\n").trim()];
}

export function ideas(texts, choose) {
  const list = document.getElementById("ideas");
  list.replaceChildren(
    ...texts.map((text) => {
      const item = make("li");
      item.append(chip(text, () => choose(text)));
      return item;
    }),
  );
}

/** Only the newest offer can be chosen from. */
export function retire() {
  for (const button of log.querySelectorAll(".chips .chip")) button.disabled = true;
}

export function clear() {
  log.replaceChildren();
}

function card(home, on) {
  const item = make("li", "home");
  const baths = `${home.bathrooms} bath${home.bathrooms === 1 ? "" : "s"}`;
  const beds = home.bedrooms === 0 ? "Studio" : `${home.bedrooms} bd`;
  const save = chip("Save", async () => {
    if (await on.save(home)) {
      save.setAttribute("aria-pressed", "true");
      save.textContent = "Saved";
      save.disabled = true;
    }
  });
  save.setAttribute("aria-label", `Save ${home.name}`);
  const tour = chip("Tour", () => on.tour(home));
  tour.setAttribute("aria-label", `Tour ${home.name}`);
  const acts = make("div", "acts");
  acts.append(tour, save);
  item.append(
    make("h3", "", home.name),
    make("p", "rent", `$${home.rent.toLocaleString("en-US")} / month`),
    make("p", "facts", [beds, baths, home.area || home.address].filter(Boolean).join(" · ")),
    make("p", "reason", home.reason),
    acts,
  );
  return item;
}

function chip(label, press) {
  const button = make("button", "chip", label);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}
