// A voter's page. It knows who it is for as long as its tab is open (sessionStorage), and sends nothing elsewhere.
"use strict";

const TOO_FAST_MS = 250; // a second tap within this time was meant for the question before
const WAIT_MS = 3000; // between looks for the second round, and between tries when the network is away
const GONE = "You are not in this room any more; its votes may have been deleted. Join again to vote.";
const at = (id) => document.getElementById(id);
const sides = ["left", "right"];
let asked = null; // the question on the page
let shown = 0; // when it came, in milliseconds
let busy = false;

// An invitation to another room, by its address, goes before what this tab remembers.
const invited = new URLSearchParams(location.search).get("room")?.trim().toUpperCase();
if (invited && sessionStorage.getItem("room") !== invited) sessionStorage.clear();

const room = () => at("room").value.trim().toUpperCase();
const say = (text, error = false) => {
  at("said").textContent = text.charAt(0).toUpperCase() + text.slice(1);
  at("said").className = error ? "error" : "";
};

async function send(path, body) {
  const headers = { "Content-Type": "application/json", "X-Voter": sessionStorage.getItem("secret") ?? "" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify({ room: room(), ...body }) });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), { status: answer.status });
  return said;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The same until it arrives: a vote that is sent twice is kept once.
async function sendUntilThere(path, body) {
  for (;;) {
    try {
      return await send(path, body);
    } catch (error) {
      if (error.status && error.status !== 429 && error.status !== 503) throw error;
      say(error.status ? error.message : "No connection to the teacher's computer; trying again.", true);
      await pause(error.status ? 1000 : WAIT_MS);
    }
  }
}

function put(place, what) {
  const [number, name] = asked[place];
  at(`${place}-picture`).src = `/picture/${encodeURIComponent(room())}/${number}`;
  at(`${place}-picture`).alt = `${what}: ${name.replaceAll("_", " ")}`;
}

function scoreButtons([lowest, highest]) {
  const made = [];
  for (let score = lowest; score <= highest; score += 1) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = score;
    button.addEventListener("click", () => answer(score));
    made.push(button);
  }
  return made;
}

function show(answer) {
  say("");
  at("join").hidden = true;
  at("out").hidden = false;
  asked = answer.asked ?? null;
  at("vote").hidden = !asked;
  if (!asked) {
    at("title").textContent = answer.done ? "Thank you" : "Thank you; please wait";
    say(answer.done ? "That was all. Look at the board." : "The second round opens here by itself.");
    if (answer.wait) setTimeout(next, WAIT_MS);
    return;
  }
  at("title").textContent = asked.question;
  at("place").textContent = `Question ${answer.place} of ${answer.of}, round ${asked.round}`;
  document.querySelector(".pair").hidden = Boolean(asked.scale);
  at("single").hidden = !asked.scale;
  if (asked.scale) {
    put("item", "picture");
    if (!at("scores").firstChild) at("scores").append(...scoreButtons(asked.scale));
  } else {
    put("left", "first picture");
    put("right", "second picture");
  }
  shown = performance.now();
}

async function step(path, body = {}) {
  if (busy) return;
  busy = true;
  try {
    show(await sendUntilThere(path, body));
  } catch (error) {
    if (error.status === 401) sessionStorage.clear(); // everything was deleted: join anew
    at("join").hidden = error.status !== 401 && error.status !== 403;
    at("vote").hidden = at("out").hidden = !at("join").hidden;
    if (!at("join").hidden) at("title").textContent = "Vote with your class";
    say(error.status === 401 ? GONE : error.message, true);
  }
  busy = false;
}

const next = () => (sessionStorage.getItem("secret") ? step("/next") : undefined);

async function leave() {
  if (!confirm("Delete all your votes? This cannot be undone.")) return;
  try {
    await send("/leave", {});
    sessionStorage.removeItem("secret");
    asked = null;
    at("vote").hidden = at("out").hidden = true;
    at("join").hidden = false;
    at("title").textContent = "Your votes are deleted";
    say("You can close this page, or join anew.");
  } catch (error) {
    say(error.status ? error.message : "No connection to the teacher's computer.", true);
  }
}

async function join(event) {
  event.preventDefault();
  try {
    const { secret } = await send("/join", {});
    sessionStorage.setItem("secret", secret);
    sessionStorage.setItem("room", room());
    await next();
    at("title").focus();
  } catch (error) {
    say(error.status ? error.message : "No connection to the teacher's computer.", true);
  }
}

function answer(choice) {
  const ms = Math.round(performance.now() - shown);
  if (asked && ms >= TOO_FAST_MS) step("/vote", { round: asked.round, pair: asked.pair, choice, ms });
}

for (const side of sides) at(side).addEventListener("click", () => answer(side));
at("join").addEventListener("submit", join);
at("leave").addEventListener("click", leave);
at("room").value = invited ?? sessionStorage.getItem("room") ?? "";
if (sessionStorage.getItem("secret")) next();
