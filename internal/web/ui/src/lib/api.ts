// The JSON of the server, as package web defines it.

export type Text = { en: string; de: string };

export type Term = { group: string; name: string; text: Text };

export type LinkState = 'connected' | 'connecting' | 'listening' | 'stopped' | 'fault';

export type Link = {
  name: string;
  protocol: string;
  role: string;
  address: string;
  peers: string[];
  state: LinkState;
  detail?: Text;
  since?: string;
  received: number;
  sent: number;
  points: number;
  dropped?: number;
};

export type Route = { from: string; to: string; points: number; commands: boolean };

export type Topology = { version: string; links: Link[]; routes: Route[] };

export type Point = {
  id: string;
  name?: string;
  type?: string;
  kind: string;
  value: unknown;
  text?: string;
  unit?: string;
  /** Decimals to show of a number. */
  decimals?: number;
  quality: string[];
  time?: string;
  time_kind?: string;
  received?: string;
  cause?: string;
  link: string;
  trace?: number;
};

export type PointsPage = { epoch: string; cursor: number; more: boolean; points: Point[] };

export type Finding = { severity: string; code: string; text: Text; clause?: string };

export type Telegram = {
  number: number;
  time: string;
  direction: 'in' | 'out';
  peer?: string;
  summary: string;
  hex: string;
  trace?: number;
  /** Traces of the telegrams that this one was made of. */
  related?: number[];
  findings?: Finding[];
};

export type Node = {
  depth: number;
  name: string;
  text?: Text;
  bit: number;
  width: number;
  leaf?: boolean;
  value?: string;
  raw?: string;
  big_endian?: boolean;
};

export type Dissection = Telegram & { tree: Node[] };

export type LinkTelegrams = { link: string; skipped: number; telegrams: Telegram[] };

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, signal ? { signal } : {});
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as { error?: string } | null;
    throw new Error(body?.error ?? `${response.status} ${response.statusText}`);
  }
  return (await response.json()) as T;
}

export const fetchVocabulary = () => get<{ terms: Term[] }>('/api/vocabulary');

export const fetchHealth = () => get<{ streams: number; max_streams: number }>('/api/health');

export const fetchTelegram = (link: string, number: number, signal: AbortSignal) =>
  get<Dissection>(`/api/links/${encodeURIComponent(link)}/telegrams/${number}`, signal);
