import { fetchPicture } from './upload.js';
import { formatSize, stemOf } from './words.js';

const FORMAT_NAMES = { webp: 'WebP', jpeg: 'JPEG' };
/** States in which nothing is under way any more. */
const AT_REST = ['ready', 'failed'];

/** The entry of one upload in the list. Whoever makes it puts `element` there. */
export function createView(file) {
  const template = document.getElementById('upload-template');
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (selector) => element.querySelector(selector);
  const bar = part('progress');
  const blobUrls = [];
  part('bdi').textContent = file.name;
  part('.upload-name').title = file.name;
  bar.setAttribute('aria-label', `Progress of ${file.name}`);
  part('.retry').setAttribute('aria-label', `Try again: ${file.name}`);

  return {
    element,
    /** @param {'waiting' | 'uploading' | 'processing' | 'ready' | 'failed'} state */
    show(state, text) {
      element.dataset.state = state;
      part('.upload-status').textContent = text;
      bar.hidden = AT_REST.includes(state);
      part('.retry').hidden = state !== 'failed';
      const word = state === 'waiting' || state === 'uploading' ? 'Cancel' : 'Remove';
      part('.remove').title = word;
      part('.remove').setAttribute('aria-label', `${word} ${file.name}`);
    },
    /** From 0 to 1; undefined while nobody knows. */
    progress(done) {
      if (done === undefined) bar.removeAttribute('value');
      else bar.value = done;
    },
    /** Shows the pictures, once each can be shown. `access` is what {@link fetchPicture} wants. */
    async pictures(thumbnails, access) {
      const urls = await Promise.all(thumbnails.map((thumbnail) => pictureUrl(thumbnail, access, blobUrls)));
      const pictures = thumbnails.map((thumbnail, place) => ({ ...thumbnail, url: urls[place] }));
      showPreview(part('.picture'), pictures, file.name);
      part('.formats').replaceChildren(
        ...groupByWidth(pictures).map((group) => createSize(group, file.name)),
      );
      part('.formats').setAttribute('aria-label', `Thumbnails of ${file.name}`);
      part('.formats').hidden = false;
    },
    onRemove: (run) => part('.remove').addEventListener('click', run),
    onRetry: (run) => part('.retry').addEventListener('click', run),
    dispose() {
      for (const url of blobUrls) URL.revokeObjectURL(url);
      element.remove();
    },
  };
}

/** A browser sends no key for a picture: with keys, pictures are fetched and shown from memory. */
async function pictureUrl({ url }, access, blobUrls) {
  if (access.server.key === '') return url;
  const blobUrl = URL.createObjectURL(await fetchPicture(url, access));
  blobUrls.push(blobUrl);
  return blobUrl;
}

/** One picture stands for all: they show the same moment. The browser takes the size that suits its screen. */
function showPreview(link, pictures, fileName) {
  const image = link.querySelector('img');
  const [largest] = pictures;
  // With its size known before its bytes are, nothing moves when they arrive.
  image.width = largest.width;
  image.height = largest.height;
  image.alt = `Thumbnail of ${fileName}, opens in a new tab`;
  image.srcset = pictures
    .filter(({ format }) => format === largest.format)
    .map(({ url, width }) => `${url} ${width}w`)
    .join(', ');
  image.hidden = false;
  link.href = largest.url;
}

/** One size, to be downloaded in each of its formats. */
function createSize(pictures, fileName) {
  const [{ width, height }] = pictures;
  const item = document.createElement('li');
  const size = document.createElement('span');
  size.textContent = `${width}\u00a0×\u00a0${height}`;
  item.append(size, ...pictures.map((picture) => createDownload(picture, fileName)));
  return item;
}

function createDownload({ url, width, format, sizeBytes }, fileName) {
  const link = document.createElement('a');
  link.href = url;
  link.download = `${stemOf(fileName)}-${width}.${format === 'jpeg' ? 'jpg' : format}`;
  link.textContent = `${FORMAT_NAMES[format] ?? format} ${formatSize(sizeBytes)}`;
  return link;
}

/** Sizes in the order in which they come: the largest first. */
function groupByWidth(pictures) {
  const groups = new Map();
  for (const picture of pictures) groups.set(picture.width, [...(groups.get(picture.width) ?? []), picture]);
  return [...groups.values()];
}
