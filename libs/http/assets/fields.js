import { announce } from './announcer.js';

const KEY_STORAGE = 'leveret-api-key';

const key = document.getElementById('key');
const notify = document.getElementById('notify');
let needsKey = false;

/** Shows the fields that this server wants, with what was entered before. */
export function prepareFields(settings) {
  needsKey = settings.needsKey;
  document.getElementById('key-field').hidden = !needsKey;
  key.value = sessionStorage.getItem(KEY_STORAGE) ?? '';
  key.addEventListener('input', () => {
    pardon(key);
    sessionStorage.setItem(KEY_STORAGE, key.value);
  });
  notify.addEventListener('input', () => pardon(notify));
}

/** What the fields hold. Where no key is needed, none is told. */
export function readFields() {
  return { key: needsKey ? key.value.trim() : '', notify: notify.value.trim() };
}

/** Whether files can be sent with what the fields hold; says what is wrong otherwise. */
export function fieldsAreFine() {
  if (needsKey && readFields().key === '') return complain(key, 'Enter the API key first.');
  if (!notify.checkValidity()) return complain(notify, 'Correct the mail address first, or leave it empty.');
  return true;
}

/** Says what is wrong with a field, in its hint, and goes there. Returns false. */
export function complain(field, message) {
  const hint = hintOf(field);
  hint.dataset.advice ??= hint.textContent;
  hint.textContent = message;
  field.setAttribute('aria-invalid', 'true');
  field.focus();
  announce(message);
  return false;
}

/** Takes a complaint back. */
export function pardon(field) {
  const hint = hintOf(field);
  hint.textContent = hint.dataset.advice ?? hint.textContent;
  field.removeAttribute('aria-invalid');
}

function hintOf(field) {
  return document.getElementById(field.getAttribute('aria-describedby'));
}
