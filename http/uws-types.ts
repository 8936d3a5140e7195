/** The part of uWebSockets.js that is used; the binaries bring no types of their own. */

/** Valid only within the callback that it is handed to. */
export interface HttpRequest {
  getMethod(): string;
  /** Raw path, without the query. */
  getUrl(): string;
  getQuery(): string | undefined;
  forEach(each: (lowerCaseName: string, value: string) => void): void;
}

/** Valid until it was ended or closed, or `onAborted` ran; touching it later throws. */
export interface HttpResponse {
  writeStatus(status: string): this;
  writeHeader(name: string, value: string): this;
  /** One chunk of a chunked body; false: bytes are waiting in user space. */
  write(chunk: Uint8Array | string): boolean;
  /** `closeConnection` never after `write`: 20.51 puts its header line into the chunked body then (tried). */
  end(body?: Uint8Array | string, closeConnection?: boolean): this;
  /** Never with a length above 0: 20.51 takes the connection for busy from then on (tried). */
  endWithoutBody(): this;
  /**
   * A piece of a body of `totalBytes` (0: the piece is all of it), of which it takes what the kernel takes, and nothing while
   * anything waits that was written before; the rest is given again, from `getWriteOffset` on, when there is room. `ended`: that was
   * all. Of an empty piece it always says that it was taken (tried). A request that comes before it has ended closes the connection.
   */
  tryEnd(piece: Uint8Array | string, totalBytes: number): readonly [taken: boolean, ended: boolean];
  /** Bytes that `tryEnd` has taken. */
  getWriteOffset(): number;
  close(): this;
  cork(write: () => void): this;
  onAborted(handler: () => void): this;
  /**
   * With a handler, what waits is written only with the handler's next write or at the end of its next `cork`. It returns
   * whether everything was written; true when it does not know.
   */
  onWritable(handler: (offset: number) => boolean): this;
  /** The chunk is neutered when the handler returns. */
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): this;
  /** 4 or 16 bytes. */
  getRemoteAddress(): ArrayBuffer;
}

export type ListenSocket = object;

export interface App {
  /** Of each connection: `change` is 1 when it begins and -1 when it has ended. */
  filter(handler: (connection: HttpResponse, change: number) => void): this;
  any(pattern: string, handler: (response: HttpResponse, request: HttpRequest) => void): this;
  listen(host: string, port: number, options: number, listening: (socket: ListenSocket | false) => void): this;
  /** Closes the listening sockets and every connection at once. */
  close(): this;
}

export interface Uws {
  App(): App;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number;
  /** Settings that the library does not document, by number. */
  _cfg?(setting: string): void;
}
