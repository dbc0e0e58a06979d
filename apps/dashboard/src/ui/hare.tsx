/** The sign of the project. */
export function Hare() {
  return (
    <svg className="hare" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M7 3c2 3 2.6 5 2.7 7M12.6 2c-.2 3-.6 5.6-1.2 8M5 17.5c0-4.5 3.2-7.5 7.5-7.5S20 12.7 20 16s-2 5-5 5H8.5C6.3 21 5 19.7 5 17.5Z" />
      <circle cx="15.5" cy="14.5" r=".6" />
    </svg>
  );
}
