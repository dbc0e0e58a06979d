import { fetchPicture, followVideo, RequestFailure, sendVideo } from './upload.js';

/** Uploads under way at a time; others wait, so that each gets somewhere. */
const PARALLEL_UPLOADS = 2;
const KEY_STORAGE = 'leveret-api-key';

const byId = (id) => document.getElementById(id);
const settings = {
  apiPath: document.body.dataset.api,
  needsKey: document.body.dataset.needsKey === 'true',
  limitBytes: Number(document.body.dataset.limitBytes),
};
const waiting = [];
let underWay = 0;

start();

function start() {
  byId('limit-hint').textContent =
    `MP4, MOV, WebM, MKV, AVI and more, up to ${formatSize(settings.limitBytes)} each.`;
  byId('key-field').hidden = !settings.needsKey;
  byId('key').value = sessionStorage.getItem(KEY_STORAGE) ?? '';
  byId('key').addEventListener('input', ({ target }) => {
    pardon(target);
    sessionStorage.setItem(KEY_STORAGE, target.value);
  });
  byId('notify').addEventListener('input', ({ target }) => pardon(target));
  byId('form').addEventListener('submit', (event) => event.preventDefault());
  byId('files').addEventListener('change', ({ target }) => {
    addFiles([...target.files]);
    // The same file can then be chosen again.
    target.value = '';
  });
  listenForDrops();
}

/** The whole page takes drops: a file that misses the zone by a bit must not replace the page. */
function listenForDrops() {
  const zone = byId('drop');
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.classList.add('is-over');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) zone.classList.remove('is-over');
  });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    zone.classList.remove('is-over');
    const entries = [...event.dataTransfer.items].filter(({ kind }) => kind === 'file');
    const files = entries
      .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory)
      .map((item) => item.getAsFile());
    if (files.length < entries.length) announce('Folders are left out: drop the files in them.');
    addFiles(files.filter((file) => file !== null));
  });
}

function server() {
  return { apiPath: settings.apiPath, key: settings.needsKey ? byId('key').value.trim() : '' };
}

function addFiles(files) {
  const notify = byId('notify');
  if (settings.needsKey && server().key === '') return complain(byId('key'), 'Enter the API key first.');
  if (!notify.checkValidity()) return complain(notify, 'Correct the mail address first, or leave it empty.');
  for (const file of files) {
    const view = createView(file);
    begin({ file, view, notify: notify.value.trim() });
  }
}

/** Says what is wrong with a field, in its hint, and goes there. */
function complain(field, message) {
  const hint = byId(field.getAttribute('aria-describedby'));
  hint.dataset.advice ??= hint.textContent;
  hint.textContent = message;
  field.setAttribute('aria-invalid', 'true');
  field.focus();
  announce(message);
}

/** Takes a complaint back. */
function pardon(field) {
  const hint = byId(field.getAttribute('aria-describedby'));
  hint.textContent = hint.dataset.advice ?? hint.textContent;
  field.removeAttribute('aria-invalid');
}

function begin(upload) {
  const { file, view } = upload;
  upload.stopping = new AbortController();
  view.show('waiting', `Waiting · ${formatSize(file.size)}`);
  view.onRemove(() => remove(upload));
  view.onRetry(() => begin(upload));
  if (file.size > settings.limitBytes) {
    return view.show(
      'failed',
      `This file has ${formatSize(file.size)}; the server takes up to ${formatSize(settings.limitBytes)}.`,
    );
  }
  waiting.push(upload);
  next();
}

function next() {
  if (underWay >= PARALLEL_UPLOADS || waiting.length === 0) return;
  const upload = waiting.shift();
  underWay += 1;
  run(upload).finally(() => {
    underWay -= 1;
    next();
  });
  next();
}

/** Resolves when the upload is through: what becomes of the video is followed without holding up the next upload. */
async function run(upload) {
  const { file, view, notify, stopping } = upload;
  if (stopping.signal.aborted) return;
  announce(`Uploading ${file.name}.`);
  const onProgress = (done) => {
    view.progress(done);
    const sent = `${Math.floor(done * 100)} % of ${formatSize(file.size)}`;
    view.show('uploading', done < 1 ? `Uploading · ${sent}` : 'Uploaded · the server checks it');
  };
  onProgress(0);
  try {
    const id = await sendVideo({ file, notify, server: server(), signal: stopping.signal, onProgress });
    follow(upload, id);
  } catch (error) {
    fail(upload, error);
  }
}

/** Never rejects. */
async function follow(upload, id) {
  const { file, view, notify, stopping } = upload;
  view.progress(undefined);
  view.show('processing', 'Uploaded · making thumbnails');
  const onTrouble = ({ message }) => view.show('processing', `Uploaded · ${message} Still looking.`);
  try {
    const video = await followVideo({ id, server: server(), signal: stopping.signal, onTrouble });
    if (video.state === 'failed')
      throw new RequestFailure(video.failure?.message ?? 'No thumbnails could be made.');
    const mailed = notify === '' ? '' : ` · a mail goes to ${notify}`;
    view.show('ready', `${formatSize(video.sizeBytes)} · ${countPictures(video.thumbnails)}${mailed}`);
    announce(`The thumbnails of ${file.name} are ready.`);
    await view.pictures(video.thumbnails);
  } catch (error) {
    fail(upload, error);
  }
}

function fail({ file, view }, error) {
  if (error.name === 'AbortError') return;
  view.show('failed', error.message);
  announce(`${file.name}: ${error.message}`);
  if (error instanceof RequestFailure && error.code === 'UNAUTHENTICATED')
    complain(byId('key'), 'The server does not know this key.');
}

/** Focus stays where the list goes on, or goes back to where it came from. */
function remove(upload) {
  upload.stopping.abort();
  const place = waiting.indexOf(upload);
  if (place >= 0) waiting.splice(place, 1);
  const { element } = upload.view;
  const neighbour = element.nextElementSibling ?? element.previousElementSibling;
  upload.view.dispose();
  byId('uploads').hidden = byId('list').children.length === 0;
  (neighbour ?? byId('files')).focus();
  announce(`${upload.file.name} was removed from the list.`);
}

/** The entry of one upload in the list, newest first. */
function createView(file) {
  const element = byId('upload-template').content.firstElementChild.cloneNode(true);
  const part = (selector) => element.querySelector(selector);
  const bar = part('progress');
  const blobUrls = [];
  part('.upload-name').textContent = file.name;
  bar.setAttribute('aria-label', `Progress of ${file.name}`);
  byId('list').prepend(element);
  byId('uploads').hidden = false;

  return {
    element,
    show(state, text) {
      element.dataset.state = state;
      part('.upload-status').textContent = text;
      bar.hidden = state === 'ready' || state === 'failed';
      part('.retry').hidden = state !== 'failed';
      part('.remove').textContent =
        state === 'ready' || state === 'failed' || state === 'processing' ? 'Remove' : 'Cancel';
      part('.remove').setAttribute('aria-label', `${part('.remove').textContent} ${file.name}`);
      part('.retry').setAttribute('aria-label', `Try again: ${file.name}`);
    },
    /** From 0 to 1; undefined while nobody knows. */
    progress(done) {
      if (done === undefined) bar.removeAttribute('value');
      else bar.value = done;
    },
    async pictures(thumbnails) {
      const byWidth = Map.groupBy ? Map.groupBy(thumbnails, ({ width }) => width) : groupByWidth(thumbnails);
      const items = await Promise.all(
        [...byWidth.values()].map((formats) => createPicture(formats, { file, blobUrls })),
      );
      part('.thumbnails').replaceChildren(...items);
      part('.thumbnails').hidden = false;
    },
    onRemove: (run) => {
      part('.remove').onclick = run;
    },
    onRetry: (run) => {
      part('.retry').onclick = run;
    },
    dispose() {
      for (const url of blobUrls) URL.revokeObjectURL(url);
      element.remove();
    },
  };
}

/** One size of a thumbnail, in all its formats: the first is shown, each can be opened. */
async function createPicture(formats, { file, blobUrls }) {
  const element = byId('thumbnail-template').content.firstElementChild.cloneNode(true);
  const image = element.querySelector('img');
  const link = element.querySelector('.picture');
  const links = await Promise.all(
    formats.map(async (thumbnail) => {
      const anchor = document.createElement('a');
      anchor.href = await pictureUrl(thumbnail, blobUrls);
      anchor.textContent = `${thumbnail.format === 'jpeg' ? 'JPEG' : 'WebP'} ${formatSize(thumbnail.sizeBytes)}`;
      return anchor;
    }),
  );
  const [{ width, height }] = formats;
  image.src = links[0].href;
  image.width = width;
  image.height = height;
  image.alt = `Thumbnail of ${file.name}, ${width} by ${height} pixels`;
  link.href = links[0].href;
  element.querySelector('.formats').append(`${width} × ${height}`, ...links);
  return element;
}

/** A browser sends no key for a picture: with keys, pictures are fetched and shown from memory. */
async function pictureUrl({ url }, blobUrls) {
  if (!settings.needsKey) return url;
  const blobUrl = URL.createObjectURL(await fetchPicture(url, server()));
  blobUrls.push(blobUrl);
  return blobUrl;
}

function groupByWidth(thumbnails) {
  const groups = new Map();
  for (const thumbnail of thumbnails)
    groups.set(thumbnail.width, [...(groups.get(thumbnail.width) ?? []), thumbnail]);
  return groups;
}

function countPictures(thumbnails) {
  return thumbnails.length === 1 ? '1 thumbnail' : `${thumbnails.length} thumbnails`;
}

function announce(text) {
  byId('announcer').textContent = text;
}

/** 1536 → "1.5 kB", as people read sizes; the exact number matters to nobody here. */
function formatSize(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power]}`;
}
