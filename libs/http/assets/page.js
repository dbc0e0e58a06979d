import { announce } from './announcer.js';
import { complain, fieldsAreFine, pardon, prepareFields, readFields } from './fields.js';
import { followVideo, RequestFailure, sendVideo } from './upload.js';
import { createView } from './upload-view.js';
import { formatSize } from './words.js';

/** Uploads under way at a time; others wait, so that each gets somewhere. */
const PARALLEL_UPLOADS = 2;

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
  prepareFields(settings);
  byId('form').addEventListener('submit', (event) => event.preventDefault());
  byId('files').addEventListener('change', ({ target }) => {
    addFiles([...target.files]);
    // The same file can then be chosen again.
    target.value = '';
  });
  listenForDrops();
  addEventListener('beforeunload', (event) => {
    // What was sent is safe with the server; what was not is lost with the page.
    if (underWay > 0) event.preventDefault();
  });
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
    addFiles(files.filter((file) => file !== null));
    if (files.length < entries.length)
      complain(byId('files'), 'Folders are left out: drop the files in them.');
  });
}

function server() {
  return { apiPath: settings.apiPath, key: readFields().key };
}

/** New ones come first, those of one choice in their own order: the order in which they are sent. */
function addFiles(files) {
  if (!fieldsAreFine()) return;
  pardon(byId('files'));
  const uploads = files.map((file) => ({ file, view: createView(file) }));
  byId('list').prepend(...uploads.map(({ view }) => view.element));
  for (const upload of uploads) {
    upload.view.onRemove(() => remove(upload));
    upload.view.onRetry(() => {
      if (!fieldsAreFine()) return;
      // The button goes; whoever pressed it stays at this upload.
      upload.view.element.focus();
      begin(upload);
    });
    begin(upload);
  }
  uploads[0]?.view.element.scrollIntoView({ block: 'nearest' });
}

function begin(upload) {
  const { file, view } = upload;
  upload.notify = readFields().notify;
  upload.stopping = new AbortController();
  if (file.size > settings.limitBytes) {
    const words = `This file has ${formatSize(file.size)}; the server takes up to ${formatSize(settings.limitBytes)}.`;
    return fail(upload, new RequestFailure(words));
  }
  view.show('waiting', `Waiting · ${formatSize(file.size)}`);
  view.progress(0);
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
  announce(`Uploading ${file.name}.`);
  const onProgress = (done) => {
    view.progress(done);
    const sent = `${Math.floor(done * 100)}\u00a0% of ${formatSize(file.size)}`;
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
  const { signal } = stopping;
  view.progress(undefined);
  view.show('processing', 'Uploaded · making thumbnails');
  announce(`${file.name} is uploaded. Its thumbnails are being made.`);
  const onTrouble = ({ message }) => view.show('processing', `Uploaded · ${message} Still looking.`);
  try {
    const video = await followVideo({ id, server: server(), signal, onTrouble });
    if (video.state === 'failed')
      throw new RequestFailure(video.failure?.message ?? 'No thumbnails could be made.');
    await view.pictures(video.thumbnails, { server: server(), signal });
    const mailed = notify === '' ? '' : ` · a mail goes to ${notify}`;
    view.show('ready', `Ready · ${formatSize(video.sizeBytes)}${mailed}`);
    announce(`The thumbnails of ${file.name} are ready.`);
  } catch (error) {
    fail(upload, error);
  }
}

function fail({ file, view }, error) {
  if (error.name === 'AbortError') return;
  view.show('failed', error.message);
  announce(`${file.name}: ${error.message}`);
  if (error.code === 'UNAUTHENTICATED') complain(byId('key'), 'The server does not know this key.');
  if (error.code === 'PAYLOAD_INVALID')
    complain(byId('notify'), 'The server does not take this mail address.');
}

/** Focus stays where the list goes on, or goes back to where it came from. */
function remove(upload) {
  upload.stopping.abort();
  const place = waiting.indexOf(upload);
  if (place >= 0) waiting.splice(place, 1);
  const { element } = upload.view;
  const neighbour = element.nextElementSibling ?? element.previousElementSibling;
  upload.view.dispose();
  (neighbour ?? byId('files')).focus();
  announce(`${upload.file.name} was removed from the list.`);
}
