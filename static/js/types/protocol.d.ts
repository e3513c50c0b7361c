/** What the browser and the server say to each other (DESIGN.md, "The save protocol"). */

/** A choice is an option index, several choices sorted indices, text a string; null = cleared. */
export type AnswerValue = number | string | number[] | null;
/** A flag is true or null; a play entry counts the plays so far. */
export type EntryValue = AnswerValue | boolean;

export type EntryKind = "answer" | "flag" | "play";

/** One recorded change.  Immutable once written. */
export interface Entry {
  session: string;
  epoch: number;
  writer: string;
  seq: number;
  part: number;
  kind: EntryKind;
  value: EntryValue;
  at: number;
}

/** What the caller of the queue knows before the entry has a seq. */
export type Change = Omit<Entry, "seq">;

/** The right to write: one claim of one page. */
export interface Claim {
  writer: string;
  epoch: number;
}

export type EntryStatus = "applied" | "duplicate" | "conflict" | "superseded" | "late" | "rejected";

export type SessionState = "registered" | "open" | "submitted" | "expired" | "claimed";

/** Ranges of seqs, both ends included. */
export type Ranges = [number, number][];

export interface AnswersReply {
  v: number;
  nonce: string;
  session: string;
  accepted: { seq: number; status: EntryStatus; reason?: string }[];
  through: number;
  missing: Ranges;
  state: SessionState;
  rev: number;
  server_ms: number;
  remaining_ms: number | null;
  next_flush_ms: number;
  /** Over how long pages whose time ends in one moment are to spread their last calls. */
  end_spread_ms?: number;
  paused?: boolean;
  message?: string;
}

/** `[epoch, seq, value]` by id. */
export type Standing = Record<string, [number, number, EntryValue]>;

export interface StateReply {
  epoch: number;
  state: SessionState;
  rev: number;
  /** How many entries the session ever took. */
  events: number;
  answers: Standing;
  flags: Standing;
  plays: Standing;
  through: Record<string, number>;
  remaining_ms: number | null;
  server_ms: number;
  paused?: boolean;
  ticket?: string | null;
  resume_code?: string | null;
  /** Since another token's last contact; null where there was none. */
  elsewhere_ms?: number | null;
  /** With a start that nobody's claim came before. */
  claim?: Claimed | null;
}

/** The epoch of a writer, and where the session stood when it was given. */
export interface Claimed {
  epoch: number;
  rev: number;
  events: number;
}

export type PartKind = "choice" | "choices" | "short" | "long";

export interface PartDefinition {
  id: number;
  kind: PartKind;
  label: string;
  options: string[];
}

export interface QuestionDefinition {
  id: number;
  number: string;
  kind: PartKind | "mixed";
  text: string;
  page: number | null;
  x: number | null;
  y: number | null;
  tracks: number[];
  parts: PartDefinition[];
}

export interface SectionDefinition {
  id: number;
  title: string;
  skill: string;
  questions: QuestionDefinition[];
}

export interface PageDefinition {
  id: number;
  position: number;
  images: { width: number; height: number }[];
  has_words: boolean;
}

export interface TrackDefinition {
  id: number;
  title: string;
  content_type: string;
  duration_ms: number;
  play_limit: number | null;
  size: number;
}

export interface ExamDefinition {
  version: number;
  title: string;
  /** The test event's name; null in a preview by staff. */
  event: string | null;
  allotted_seconds: number;
  pages: PageDefinition[];
  sections: SectionDefinition[];
  tracks: TrackDefinition[];
}

export interface SubmissionFacts {
  submit_id: string;
  writer: string;
  last_seq: number;
  digest: string;
}

/** The server's public key for emergency files: a raw P-256 point. */
export interface RescueKey {
  id: string;
  x962: string;
}

/** What this browser remembers about one session. */
export interface SessionRecord {
  session: string;
  claim?: Claim;
  seenEpoch?: number;
  last?: StateReply;
  definition?: ExamDefinition;
  /** Makes the session again on a server that was restored. */
  ticket?: string;
  /** Handed in on this device; until the receipt is here any page sends it. */
  submission?: SubmissionFacts & { atEnd?: boolean };
  receipt?: Record<string, unknown>;
  /** The time left as the server said it last, and the device's clock at that moment. */
  heard?: { remaining: number; at: number };
  /** Staff gave the session back after this receipt. */
  isReopened?: boolean;
  closedAt?: number;
  touchedAt: number;
}

/** A reply as the API module hands it over; status 0 = no reply at all. */
export interface Reply {
  status: number;
  body: Record<string, unknown> | null;
  retryAfterMs: number;
  sentAt: number;
  receivedAt: number;
}

/** Timers, so that tests can stop the time. */
export interface Timers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  now(): number;
}
