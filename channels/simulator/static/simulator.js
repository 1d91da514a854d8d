// The pretend phones, live: messages and calls are asked for again as soon as
// something changes; the microphone is recorded as a telephone would carry it.
// Without this script the pages work by reloading.
(function () {
  "use strict";

  // merge brings the children of an element up to date without touching those
  // that stayed the same, so that a screen reader reads only what is new, nor
  // those in which somebody may be doing something (data-keep).
  function merge(into, from) {
    var seen = {};
    Array.from(from.children).forEach(function (fresh) {
      seen[fresh.id] = true;
      var old = fresh.id ? document.getElementById(fresh.id) : null;
      if (!old) {
        into.appendChild(fresh);
      } else if (fresh.id === "heard") {
        merge(old, fresh);
      } else if (!("keep" in old.dataset) && old.outerHTML !== fresh.outerHTML) {
        old.replaceWith(fresh);
      }
    });
    Array.from(into.children).forEach(function (old) {
      if (!seen[old.id]) old.remove();
    });
  }

  function toEnd(box) {
    if (box) box.scrollTop = box.scrollHeight;
  }

  function wait(ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  }

  async function follow(box) {
    for (;;) {
      try {
        var address = new URL(box.dataset.poll, location.href);
        address.searchParams.set("since", box.dataset.version);
        var answer = await fetch(address, { headers: { Accept: "text/html" } });
        if (answer.status === 200) {
          box.dataset.version = answer.headers.get("X-Version");
          var page = document.createElement("template");
          page.innerHTML = await answer.text();
          merge(box, page.content);
          toEnd(box);
          microphones();
        } else if (answer.status !== 204) {
          await wait(3000);
        }
      } catch (e) {
        await wait(3000);
      }
    }
  }

  // Texts are sent without leaving the page; the thread shows what became of them.
  function quiet(form) {
    var prefilled = form.elements.body;
    prefilled.setSelectionRange(prefilled.value.length, prefilled.value.length);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var body = form.elements.body;
      if (!body.value.trim()) return;
      var data = new URLSearchParams(new FormData(form));
      body.value = "";
      body.focus();
      fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(function () {
        body.value = data.get("body");
      });
    });
    form.elements.body.addEventListener("keydown", function (event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  // wav writes samples as 16 bit PCM at 8 kHz, as a telephone recording is.
  function wav(samples) {
    var rate = 8000;
    var view = new DataView(new ArrayBuffer(44 + samples.length * 2));
    function text(at, s) {
      for (var i = 0; i < s.length; i++) view.setUint8(at + i, s.charCodeAt(i));
    }
    text(0, "RIFF");
    view.setUint32(4, 36 + samples.length * 2, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, rate, true);
    view.setUint32(28, rate * 2, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, samples.length * 2, true);
    for (var i = 0; i < samples.length; i++) {
      var s = Math.max(-1, Math.min(1, samples[i]));
      view.setInt16(44 + i * 2, s < 0 ? s * 0x8000 : s * 0x7fff, true);
    }
    return new Blob([view], { type: "audio/wav" });
  }

  async function toTelephone(blob) {
    var context = new AudioContext();
    try {
      var sound = await context.decodeAudioData(await blob.arrayBuffer());
      var line = new OfflineAudioContext(1, Math.max(1, Math.ceil(sound.duration * 8000)), 8000);
      var source = line.createBufferSource();
      source.buffer = sound;
      source.connect(line.destination);
      source.start();
      return wav((await line.startRendering()).getChannelData(0));
    } finally {
      context.close();
    }
  }

  function microphone(box) {
    var start = box.querySelector("[data-start]");
    var stop = box.querySelector("[data-stop]");
    var say = box.querySelector("[role=status]");
    var recorder = null;
    start.addEventListener("click", async function () {
      try {
        var stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        var pieces = [];
        recorder = new MediaRecorder(stream);
        recorder.addEventListener("dataavailable", function (event) { pieces.push(event.data); });
        recorder.addEventListener("stop", async function () {
          stream.getTracks().forEach(function (track) { track.stop(); });
          say.textContent = "Sending …";
          try {
            var form = new FormData();
            form.append("wav", await toTelephone(new Blob(pieces, { type: recorder.mimeType })), "message.wav");
            form.append("then", "hash");
            var answer = await fetch(box.dataset.record, { method: "POST", body: form });
            say.textContent = answer.ok ? "Sent." : "It was not taken.";
          } catch (e) {
            say.textContent = "It could not be sent.";
          }
        });
        recorder.start();
        start.hidden = true;
        stop.hidden = false;
        stop.focus();
        say.textContent = "Recording. Speak now.";
      } catch (e) {
        say.textContent = "The microphone is not available.";
      }
    });
    stop.addEventListener("click", function () {
      stop.disabled = true;
      if (recorder) recorder.stop();
    });
  }

  function microphones() {
    if (!navigator.mediaDevices || !window.MediaRecorder) return;
    document.querySelectorAll("[data-record][hidden]").forEach(function (box) {
      box.hidden = false;
      microphone(box);
    });
  }

  document.querySelectorAll("form[data-quiet]").forEach(quiet);
  document.querySelectorAll("[data-poll]").forEach(function (box) {
    toEnd(box);
    follow(box);
  });
  microphones();
})();
