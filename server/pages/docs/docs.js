// Shows openapi.json; nothing here knows a route.

const spec = await (await fetch("/openapi.json")).json();
document.getElementById("about").textContent = spec.info.description
  .trim()
  .replaceAll("`", "")
  .replace(/([^\n])\n(?!\n)/g, "$1 ");

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function resolve(schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? spec.components.schemas[name] : schema;
}

/** The shape of a schema as one would write the JSON. */
function shape(schema, depth = 0) {
  const found = resolve(schema) ?? {};
  if (depth > 6) return "…";
  if (found.anyOf) return found.anyOf.map((one) => shape(one, depth)).join(" | ");
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.type === "array") return `[${shape(found.items, depth)}]`;
  if (found.type !== "object" || !found.properties) return found.format ?? found.type ?? "any";
  const pad = "  ".repeat(depth + 1);
  const needed = new Set(found.required ?? []);
  const lines = Object.entries(found.properties).map(
    ([name, value]) => `${pad}${name}${needed.has(name) ? "" : "?"}: ${shape(value, depth + 1)}`,
  );
  return `{\n${lines.join(",\n")}\n${"  ".repeat(depth)}}`;
}

function block(title, schema) {
  return [make("h3", "", title), make("pre", "", shape(schema))];
}

function parameters(operation) {
  const rows = (operation.parameters ?? []).map((one) =>
    make(
      "tr",
      "",
      make("td", "", make("code", "", one.name)),
      make("td", "", one.in),
      make("td", "", [shape(one.schema), one.description].filter(Boolean).join(". ")),
    ),
  );
  return rows.length ? [make("h3", "", "Parameters"), make("table", "", ...rows)] : [];
}

function answers(operation) {
  return Object.entries(operation.responses).flatMap(([status, answer]) => {
    const schema = answer.content?.["application/json"]?.schema;
    if (!status.startsWith("2") || !schema) return [];
    return block(`${status} answers`, schema);
  });
}

function errors(operation) {
  const rows = Object.entries(operation.responses)
    .filter(([status]) => !status.startsWith("2"))
    .map(([status, answer]) =>
      make("tr", "", make("td", "", status), make("td", "", answer.description)),
    );
  return rows.length ? [make("h3", "", "Errors"), make("table", "", ...rows)] : [];
}

function operationOf(path, method, operation) {
  const request = operation.requestBody?.content?.["application/json"]?.schema;
  const example = resolve(request)?.example;
  return make(
    "details",
    "",
    make(
      "summary",
      "",
      make("span", "method", method.toUpperCase()),
      make("code", "", path),
      make("span", "quiet", operation.summary ?? ""),
    ),
    make(
      "div",
      "body",
      make("p", "", operation.description ?? ""),
      ...parameters(operation),
      ...(request ? block("Body", request) : []),
      ...(example
        ? [make("h3", "", "Example"), make("pre", "", JSON.stringify(example, null, 2))]
        : []),
      ...answers(operation),
      ...errors(operation),
    ),
  );
}

const groups = new Map();
for (const [path, methods] of Object.entries(spec.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? "other";
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(operationOf(path, method, operation));
  }
}
const routes = document.getElementById("routes");
for (const [tag, operations] of groups) routes.append(make("h2", "", tag), ...operations);
