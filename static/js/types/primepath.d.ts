// What the two plain scripts of every page put into `window.PrimePath`.

export type NoticeType = "info" | "success" | "warning" | "error";

export interface AjaxOptions extends RequestInit {
  /** Tries after the first one; 3 where it is not given. */
  retries?: number;
  /** How long one try may take, its body included. */
  timeoutMs?: number;
}

export interface ErrorReport {
  kind: "uncaught" | "rejection" | "handled" | "memory";
  message: string;
  stack: string;
  context: string;
  page: string;
  count: number;
}

export interface ErrorHandler {
  retryAjax(url: string | URL, options?: AjaxOptions): Promise<Response>;
  handleError(error: unknown, context?: string, retryable?: boolean | (() => unknown)): void;
  showNotification(message: string, type?: NoticeType): void;
  report(error: unknown, context?: string, kind?: ErrorReport["kind"]): void;
  flush(): Promise<void>;
  stats(): { queued: number; sent: number; dropped: number; batches: number };
  destroy(): void;
}

export type Pressure = "none" | "gentle" | "aggressive";

/** A module that the page can end, or that can give memory back. */
export interface OwnedModule {
  destroy?: () => unknown;
  relieve?: (pressure: Pressure) => unknown;
}

export interface ModuleOptions {
  /** It saves answers or counts time: no clean-up ends it. */
  keep?: boolean;
  /** The page works without it: it ends when memory runs out. */
  expendable?: boolean;
}

export interface MemoryStats {
  modules: number;
  timers: number;
  intervals: number;
  listeners: number;
  usedBytes: number | null;
  limitBytes: number | null;
  share: number;
  pressure: Pressure;
}

export interface MemoryManager {
  registerModule(name: string, module: object, options?: ModuleOptions): void;
  unregisterModule(name: string): boolean;
  registerTimer(timer: unknown): void;
  unregisterTimer(timer: unknown): boolean;
  registerInterval(interval: unknown): void;
  unregisterInterval(interval: unknown): boolean;
  registerEventListener(
    target: EventTarget,
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  unregisterEventListener(
    target: EventTarget,
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): boolean;
  cleanup(): void;
  collectStorage(): Promise<number>;
  checkPressure(): Promise<Pressure>;
  getMemoryStats(): MemoryStats;
  destroy(): void;
}

declare global {
  interface Window {
    PrimePath: {
      errorHandler: ErrorHandler;
      memoryManager: MemoryManager;
      ErrorHandler: new (browser?: object) => ErrorHandler;
      MemoryManager: new (browser?: object) => MemoryManager;
    };
  }
}
