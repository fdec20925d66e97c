import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between browser and server, and can cut them off from each other. */
export class Relay {
  private readonly sockets = new Set<Socket>();
  private severed = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(target: string): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, new URL(target));
    server.on('connection', (socket) => relay.pass(socket));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return relay;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  set cut(severed: boolean) {
    this.severed = severed;
    if (severed) for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut = true;
    await new Promise((closed) => this.server.close(closed));
  }

  private pass(socket: Socket): void {
    if (this.severed) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }
}
