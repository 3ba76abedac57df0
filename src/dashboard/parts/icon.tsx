/** Drawn on 16 by 16, in strokes of the colour of the text around. */
const PATHS = {
  alert: 'M8 2.2 14.6 13.6H1.4zM8 6.6v3.2M8 11.8v.1',
  book: 'M3 3.2c1.8-.6 3.5-.4 5 .8v9c-1.5-1.2-3.2-1.4-5-.8zM13 3.2c-1.8-.6-3.5-.4-5 .8M13 3.2v9c-1.8-.6-3.5-.4-5 .8',
  breaker: 'M1.5 11H5l5.2-4.6M11 11h3.5M5 11v.1M11 11v.1',
  check: 'm3.2 8.4 3.2 3.2 6.4-7',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  clock: 'M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 4.8V8l2.2 1.6',
  close: 'm3.8 3.8 8.4 8.4m0-8.4-8.4 8.4',
  copy: 'M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2',
  cross: 'm4.2 4.2 7.6 7.6m0-7.6-7.6 7.6',
  dash: 'M3.5 8h9',
  dots: 'M3 8h.1M8 8h.1M13 8h.1',
  edit: 'm2.8 13.2.7-3 7-7 2.3 2.3-7 7zM9.2 4.5l2.3 2.3',
  filter: 'M2 3.5h12M4.5 8h7M6.8 12.5h2.4',
  gauge: 'M2.5 12.5a6.3 6.3 0 1 1 11 0M8 9.5l2.8-3.6M8 9.6v.1',
  inbox: 'M2 9.2 4 3.5h8l2 5.7v3.6H2zM2 9.2h3.4l1 1.8h3.2l1-1.8H14',
  key: 'M10.2 2.4a3.4 3.4 0 1 1-2.6 5.6L2.6 13v.9h2.2v-1.6h1.6v-1.6h1.5M11 5.2v.1',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.1M6.7 6.5h.1M9.3 6.5h.1M12 6.5h.1M5 9.5h6',
  link: 'M6.6 9.4 9.4 6.6M7.4 4.8l1.4-1.4a2.7 2.7 0 0 1 3.8 3.8l-1.4 1.4M8.6 11.2l-1.4 1.4a2.7 2.7 0 0 1-3.8-3.8l1.4-1.4',
  list: 'M5.5 4H14M5.5 8H14M5.5 12H14M2.2 4h.1M2.2 8h.1M2.2 12h.1',
  live: 'M8 7.9v.1M5.2 10.8a4 4 0 0 1 0-5.6M10.8 5.2a4 4 0 0 1 0 5.6M3.1 12.9a7 7 0 0 1 0-9.8M12.9 3.1a7 7 0 0 1 0 9.8',
  moon: 'M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1',
  out: 'M6.5 2.5h-4v11h4M6 8h7.5M10.7 5.2 13.5 8l-2.8 2.8',
  pause: 'M5.2 3.2v9.6M10.8 3.2v9.6',
  phone:
    'M3 2.5h2.8l1.3 3.3-1.7 1.1a8.4 8.4 0 0 0 3.7 3.7l1.1-1.7 3.3 1.3V13c-.8.9-2 1-3.4.6C6.3 12.5 3.5 9.7 2.4 5.9 2 4.5 2.1 3.3 3 2.5',
  play: 'M4.5 2.8v10.4l8.2-5.2z',
  plug: 'M5.5 1.8v3.4M10.5 1.8v3.4M3.5 5.2h9v2.3a4.5 4.5 0 0 1-9 0zM8 12v2.5',
  plus: 'M8 3v10M3 8h10',
  refresh: 'M13.3 6.5A5.6 5.6 0 0 0 3.2 5.2M2.7 9.5a5.6 5.6 0 0 0 10.1 1.3M3 2.2v3.2h3.2M13 13.8v-3.2H9.8',
  replay: 'M2.8 8a5.2 5.2 0 1 0 1.7-3.8M2.6 2.4v2.9h2.9M8 5.2V8l2 1.4',
  search: 'M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M10.6 10.6 14 14',
  send: 'M14 2 7 9M14 2 9.7 14 7 9 2 6.3z',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.2v1.3M8 13.5v1.3M1.2 8h1.3M13.5 8h1.3M3.2 3.2l.9.9M11.9 11.9l.9.9M12.8 3.2l-.9.9M4.1 11.9l-.9.9',
  system: 'M1.8 2.8h12.4v8.2H1.8zM5.5 13.8h5M8 11v2.8',
  trash: 'M2.5 4.2h11M6 4.2V2.4h4v1.8M4 4.2l.6 9.4h6.8l.6-9.4M6.7 7v4M9.3 7v4',
} as const;

export type IconName = keyof typeof PATHS;

/** Says nothing to a screen reader: what it means stands beside it in words. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
