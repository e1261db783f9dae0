/* Files sent one by one as soon as they are chosen, each with its progress and its own second try; and the camera in the
   page. No words here: each state's stand in the form (macros/uploads.html). Without this script the form is plain. */
const LARGEST = 10 * 1024 * 1024;
const LONGEST = 2560; /* pixels: as many as are kept */
const LIGHT = 1_000_000; /* bytes: what is less is sent as it is */
const TRIES = 6;
const PAUSE = 4; /* seconds, longer each time: a limit of a minute is over after all of them */
const BACK = 3000; /* milliseconds in which a picker that was left says so */

const waiting = [];
let isSending = false;

const show = (row, state) => {
  for (const part of row.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  row.querySelector("progress").hidden = !["sending", "checking"].includes(state);
  row.querySelector("[data-again]").hidden = !["lost", "later"].includes(state);
};

/* What is on its way, for whoever comes back to a page that the telephone closed meanwhile, to make room for its camera */
const noted = (change) => {
  try {
    sessionStorage.setItem("portal-files", JSON.stringify(change(JSON.parse(sessionStorage.getItem("portal-files") ?? "[]"))));
  } catch {
    /* a browser that keeps nothing */
  }
};
const begin = (item) => {
  item.id ??= `${Date.now()} ${Math.random()}`;
  const mark = { id: item.id, action: item.form.action, name: item.name };
  noted((all) => [...all.filter(({ id }) => id !== item.id), mark]);
};
const end = (item) => noted((all) => all.filter(({ id }) => id !== item.id));

/* A photo as large as it will be kept costs a fifth of the data; what this browser can't open is sent as it is. */
const lighter = async (file) => {
  if (file.size < LIGHT || !["image/jpeg", "image/png", "image/webp"].includes(file.type)) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return blob && blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
};

const post = ({ form, body, name, row }) =>
  new Promise((resolve, reject) => {
    const data = new FormData();
    data.append("csrf_token", form.elements.csrf_token.value);
    data.append("archivo", body, name);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("HX-Request", "true");
    request.timeout = 600_000;
    request.upload.onprogress = ({ loaded, total }) => {
      row.querySelector("progress").value = (100 * loaded) / total;
      if (loaded === total) show(row, "checking");
    };
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = request.onabort = reject;
    request.send(data);
  });

const read = (text) => new DOMParser().parseFromString(text, "text/html");

const forms = () => [...document.querySelectorAll("form[data-upload]")];

const put = (form, page) => {
  const target = document.getElementById(form.dataset.target);
  const fresh = page.getElementById(form.dataset.target);
  if (!target || !fresh) return false;
  target.replaceWith(document.importNode(fresh, true));
  window.htmx?.process(document.getElementById(form.dataset.target));
  /* What is on its way from a form that was in there is told where that form is now. */
  for (const old of target.querySelectorAll("form[data-upload]")) {
    const now = forms().find((one) => one.action === old.action) ?? form;
    now.querySelector("[data-rows]").append(...old.querySelector("[data-rows]").children);
  }
  offerCamera();
  return true;
};

/* Once nothing is on its way from a form, it stands as the page would have it now: one more file is asked for folded. */
const settle = (form, page) => {
  const place = form.closest("[id]:not(form)");
  const fresh = place?.id.startsWith("enviar-") && page.getElementById(place.id);
  if (!fresh || form.querySelector("[data-rows]").children.length) return;
  const held = place.contains(document.activeElement);
  place.replaceWith(document.importNode(fresh, true));
  if (held) document.getElementById(place.id).querySelector("summary")?.focus();
  offerCamera();
};

/* A page that was open too long has a token that is refused; the page that says so brings another. */
const renew = (page) => {
  const fresh = page.querySelector("input[name=csrf_token]");
  for (const form of forms()) if (fresh) form.elements.csrf_token.value = fresh.value;
};

const refuse = (row, why) => {
  if (!why) return show(row, "lost");
  row.querySelector("[data-why]").textContent = why.textContent.trim();
  show(row, "refused");
};

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

const send = async (item) => {
  const { form, row } = item;
  item.body ??= await lighter(item.file);
  if (item.body.size > LARGEST) {
    end(item);
    return show(row, "large");
  }
  for (let tries = 1; ; tries += 1) {
    show(row, "sending");
    let request;
    try {
      request = await post(item);
    } catch {
      return show(row, "lost");
    }
    const leave = request.getResponseHeader("HX-Redirect");
    if (leave) return location.assign(leave);
    const page = read(request.responseText);
    if (request.status < 300) {
      const warned = page.querySelector("#avisos .notice-warn p");
      if (warned && !item.isRenewed) {
        item.isRenewed = true;
        renew(page);
        continue;
      }
      end(item);
      const isShown = put(form, page);
      if (warned) return refuse(row, warned);
      if (!isShown) location.reload();
      row.remove();
      return settle(form, page);
    }
    if (![429, 503].includes(request.status)) {
      end(item);
      return refuse(row, page.querySelector("main .error span") ?? page.querySelector(".notice p"));
    }
    if (tries === TRIES) return show(row, "later");
    show(row, "busy");
    await pause(Number(request.getResponseHeader("Retry-After")) || PAUSE * tries);
  }
};

const go = async () => {
  if (isSending) return;
  isSending = true;
  while (waiting.length) await send(waiting.shift());
  isSending = false;
};

const enqueue = (item) => {
  show(item.row, "waiting");
  begin(item);
  waiting.push(item);
  go();
};

const line = (form, name) => {
  const row = form.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
  row.querySelector("[data-name]").textContent = name;
  form.querySelector("[data-rows]").append(row);
  return row;
};

const add = (form, file) => {
  const item = { form, file, row: line(form, file.name), name: file.name };
  item.row.querySelector("[data-again]").addEventListener("click", () => enqueue(item));
  enqueue(item);
};

noted((all) =>
  all.filter(({ action, name }) => {
    const form = forms().find((one) => one.action === action);
    if (form) show(line(form, name), "gone");
    return !form;
  }),
);

let picking;
const stopPicking = () => {
  if (picking) end(picking);
  picking = undefined;
};
const fileField = (target) => target.type === "file" && target.closest("form[data-upload]");

document.addEventListener("click", ({ target }) => {
  const form = fileField(target);
  if (form) begin((picking = { form, name: form.dataset.label }));
});
document.addEventListener("change", ({ target }) => {
  const form = fileField(target);
  if (!form) return;
  stopPicking();
  for (const file of target.files) add(form, file);
  target.value = "";
});
document.addEventListener("cancel", ({ target }) => fileField(target) && stopPicking(), true);

/* The camera */
let stream;
const stop = () => {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
};

const turnTo = (dialog, isTaken) => {
  for (const part of dialog.querySelectorAll("[data-live]")) part.hidden = isTaken;
  for (const part of dialog.querySelectorAll("[data-taken]")) part.hidden = !isTaken;
  dialog.querySelector("canvas").hidden = !isTaken;
};

const watch = async (dialog, choice) => {
  stop();
  const ideal = { width: { ideal: LONGEST }, height: { ideal: 1920 } };
  stream = await navigator.mediaDevices.getUserMedia({ video: { ...choice, ...ideal } });
  dialog.querySelector("video").srcObject = stream;
  turnTo(dialog, false);
};

const offerChoice = async (dialog) => {
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  const now = stream.getVideoTracks()[0].getSettings().deviceId;
  const options = cameras.map(({ deviceId, label }) => new Option(label, deviceId, false, deviceId === now));
  dialog.querySelector("select").replaceChildren(...options);
  dialog.querySelector("[data-choice]").hidden = cameras.length < 2;
};

const open = async (form) => {
  const dialog = form.querySelector("dialog");
  try {
    await watch(dialog, { facingMode: form.dataset.facing });
    dialog.showModal();
    await offerChoice(dialog);
  } catch {
    stop();
    form.querySelector("[data-camera]").hidden = true;
    form.querySelector("[data-own-camera]").hidden = false;
    form.querySelector("[data-denied]").hidden = false;
  }
};

const shoot = (dialog) => {
  const [video, canvas] = [dialog.querySelector("video"), dialog.querySelector("canvas")];
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  turnTo(dialog, true);
  dialog.querySelector("[data-use]").focus();
};

const use = (dialog) => {
  const form = dialog.closest("form");
  dialog.querySelector("canvas").toBlob(
    (blob) => {
      dialog.close();
      add(form, new File([blob], "foto.jpg", { type: "image/jpeg" }));
    },
    "image/jpeg",
    0.92,
  );
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("form[data-upload] button");
  if (!button) return;
  const dialog = button.closest("dialog");
  if ("camera" in button.dataset) open(button.form);
  else if ("shoot" in button.dataset) shoot(dialog);
  else if ("retake" in button.dataset) turnTo(dialog, false);
  else if ("use" in button.dataset) use(dialog);
  else if ("close" in button.dataset) dialog.close();
});
document.addEventListener(
  "change",
  ({ target }) => {
    const dialog = target.closest("dialog.cam");
    if (dialog && target.matches("select")) watch(dialog, { deviceId: { exact: target.value } }).catch(() => dialog.close());
  },
  true,
);
document.addEventListener("close", ({ target }) => target.matches("dialog.cam") && stop(), true);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) setTimeout(stopPicking, BACK);
  else for (const dialog of document.querySelectorAll("dialog.cam[open]")) dialog.close();
});

/* A page that came into another one has that one's permissions. */
const mayUseCamera = () => document.featurePolicy?.allowsFeature("camera") ?? true;
const offerCamera = () => {
  if (!navigator.mediaDevices?.getUserMedia || !mayUseCamera()) return;
  for (const form of forms()) {
    if (!form.querySelector("[data-denied]").hidden) continue;
    form.querySelector("[data-camera]").hidden = false;
    form.querySelector("[data-own-camera]").hidden = true;
  }
};
document.addEventListener("htmx:afterSettle", offerCamera);
offerCamera();
