/** A URL for a log: its query's values are secrets as often as not. `https://a.example/hook?token=***&x=***` */
export function maskedUrl(url: string): string {
  const start = url.indexOf('?');
  if (start < 0) {
    return url;
  }
  const masked = url
    .slice(start + 1)
    .split('&')
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=***` : '***'));
  return `${url.slice(0, start)}?${masked.join('&')}`;
}
