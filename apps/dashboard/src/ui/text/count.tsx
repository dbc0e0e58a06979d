import { formatCount, formatRate, formatShare } from '../../format/number.ts';

/** A number that is pale when it is zero. */
function Quiet({ isZero, text }: { readonly isZero: boolean; readonly text: string }) {
  return <span className={isZero ? 'zero' : undefined}>{text}</span>;
}

/** A count; zero is pale. */
export function Count({ value }: { readonly value: number }) {
  return <Quiet isZero={value === 0} text={formatCount(value)} />;
}

/** How many a second; zero is pale. */
export function Rate({ perSecond }: { readonly perSecond: number }) {
  return <Quiet isZero={perSecond === 0} text={formatRate(perSecond)} />;
}

/** A share of 1 as a percentage; undefined is a dash. */
export function Share({ share }: { readonly share: number | undefined }) {
  if (share === undefined) return <Nothing />;
  return <Quiet isZero={share === 0} text={formatShare(share)} />;
}

/** A value that is not there. */
export function Nothing({ word = 'none' }: { readonly word?: string }) {
  return (
    <span className="zero">
      <span aria-hidden="true">–</span>
      <span className="unseen">{word}</span>
    </span>
  );
}
