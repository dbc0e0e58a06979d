import { type ReactNode, type ToggleEvent, useId, useRef } from 'react';

interface MenuProps {
  /** What stands on the button. */
  readonly label: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

const MARGIN = 8;

/** A button that opens a panel of links and buttons. Escape and clicks outside close it, and so does a click on anything in it. */
export function Menu({ label, className = '', children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);

  const place = ({ newState }: ToggleEvent) => {
    if (newState === 'open' && button.current !== null && panel.current !== null)
      placeNextTo(panel.current, button.current);
  };

  return (
    <>
      <button ref={button} type="button" className={`menu-button ${className}`} popoverTarget={id}>
        {label}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the clicks are those of the controls inside */}
      <div
        ref={panel}
        id={id}
        popover="auto"
        className="menu"
        onToggle={place}
        onClick={({ target }) => {
          if ((target as Element).closest('a, button') !== null) panel.current?.hidePopover();
        }}
      >
        {children}
      </div>
    </>
  );
}

/** Below the button or, where there is no room, above it; never outside of the window. */
function placeNextTo(panel: HTMLElement, button: HTMLElement): void {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const isBelow = bottom + height + MARGIN <= window.innerHeight;
  const x = Math.max(Math.min(left, window.innerWidth - width - MARGIN), MARGIN);
  panel.style.left = `${x}px`;
  panel.style.top = `${Math.max(isBelow ? bottom + 4 : top - height - 4, MARGIN)}px`;
}
