// What orval's functions send with. The address is known only once the service runs.
let origin = '';

export function setOrigin(url: string): void {
  origin = url;
}

export async function fetcher<T>(path: string, options: RequestInit): Promise<T> {
  const reply = await fetch(origin + path, options);
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, data: text === '' ? undefined : JSON.parse(text) } as T;
}
