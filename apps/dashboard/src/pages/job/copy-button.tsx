import { useAnnounce } from '../../ui/controls/announcer.tsx';
import { Button } from '../../ui/controls/button.tsx';
import { copyText } from '../../ui/controls/copy-text.ts';

/** Copies a text, and says so. It works without HTTPS, too. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const announce = useAnnounce();
  const copy = async () =>
    announce((await copyText(text)) ? 'Copied.' : 'The browser does not let the page copy: select the text.');
  return (
    <Button look="quiet" onClick={copy}>
      {label}
    </Button>
  );
}
