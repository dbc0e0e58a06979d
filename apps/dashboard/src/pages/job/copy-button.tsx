import { Button } from '../../ui/controls/button.tsx';
import { useCopy } from '../../ui/controls/use-copy.tsx';

/** Copies a text, and says so. It works without HTTPS, too. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const { copy, dialog } = useCopy();
  return (
    <>
      <Button look="quiet" onClick={() => copy(text, 'Copied.')}>
        {label}
      </Button>
      {dialog}
    </>
  );
}
