// The player of voice messages: play, position, speed; and that only one thing plays at a time.
// Everything listens on `document`, so a message that comes later plays as well.

const SPEEDS = [1, 1.5, 2];
const WORDS = { 1: "normal", 1.5: "one and a half", 2: "double" };
const STEP_SECONDS = 5;
let speed = 1;

const playerOf = (inside) => inside.closest?.("[data-voice]");
const soundOf = (player) => player.querySelector("audio");
const lengthOf = (sound) => (Number.isFinite(sound.duration) ? sound.duration : 0);

function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function inWords(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} seconds`;
}

function show(player) {
  const sound = soundOf(player);
  const length = lengthOf(sound);
  const seek = player.querySelector("[data-voice-seek]");
  const playing = !sound.paused && !sound.ended;
  for (const icon of player.querySelectorAll("[data-voice-icon]")) {
    icon.hidden = (icon.dataset.voiceIcon === "pause") !== playing;
  }
  const button = player.querySelector("[data-voice-play]");
  const what = button.getAttribute("aria-label").replace(/^\w+ /, "");
  button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${what}`);
  seek.max = String(length || 100);
  seek.step = String(length > 60 ? 1 : 0.1);
  seek.value = String(sound.currentTime);
  seek.setAttribute("aria-valuetext", `${inWords(sound.currentTime)}${length ? ` of ${inWords(length)}` : ""}`);
  const shown = playing || sound.currentTime > 0 ? sound.currentTime : length;
  player.querySelector("[data-voice-clock]").textContent = length || sound.currentTime ? clock(shown) : "–:––";
}

function setSpeed(player, chosen) {
  speed = chosen;
  soundOf(player).playbackRate = chosen;
  const button = player.querySelector("[data-voice-speed]");
  button.textContent = `${chosen}×`;
  button.setAttribute("aria-label", `Speed: ${WORDS[chosen]}`);
}

document.addEventListener("click", (event) => {
  const player = playerOf(event.target);
  if (!player) return;
  const sound = soundOf(player);
  if (event.target.closest("[data-voice-play]")) {
    if (sound.paused) {
      setSpeed(player, speed);
      sound.play().catch((error) => console.info("not played", error.name));
    } else {
      sound.pause();
    }
  }
  if (event.target.closest("[data-voice-speed]")) {
    const now = SPEEDS.indexOf(sound.playbackRate);
    setSpeed(player, SPEEDS[(now + 1) % SPEEDS.length]);
  }
});

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-voice-seek]")) return;
  const player = playerOf(event.target);
  const sound = soundOf(player);
  // Before its length is known there is nowhere to go.
  if (lengthOf(sound)) sound.currentTime = Number(event.target.value);
  show(player);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-voice-seek]")) return;
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const sound = soundOf(playerOf(event.target));
  const length = lengthOf(sound);
  if (length) sound.currentTime = Math.min(length, Math.max(0, sound.currentTime + step * STEP_SECONDS));
});

// Events of media do not bubble; they can be caught on their way down.
for (const kind of ["play", "pause", "ended", "timeupdate", "loadedmetadata", "durationchange", "seeked"]) {
  document.addEventListener(
    kind,
    (event) => {
      const player = playerOf(event.target);
      if (player) show(player);
    },
    true,
  );
}

document.addEventListener(
  "play",
  (event) => {
    for (const other of document.querySelectorAll("[data-play-alone]")) {
      if (other !== event.target) other.pause();
    }
  },
  true,
);

document.addEventListener(
  "error",
  (event) => {
    const player = playerOf(event.target);
    const words = player?.parentElement.querySelector("[data-voice-fails]");
    if (!words) return;
    words.hidden = false;
    for (const control of player.querySelectorAll("button, input")) control.disabled = true;
  },
  true,
);

// The length shows once a voice message comes near: its head is read, not the whole of it.
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    soundOf(target).preload = "metadata";
  }
});

function watch(root) {
  for (const player of root.querySelectorAll("[data-voice]")) near.observe(player);
}

const list = document.querySelector("[data-thread]");
if (list) {
  watch(list);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) watch(node);
    }
  }).observe(list, { childList: true });
}
