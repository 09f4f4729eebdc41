// What @grafana/ui expects of a browser and jsdom lacks.
const { ReadableStream, TransformStream, WritableStream } = require('node:stream/web');

Object.assign(globalThis, { ReadableStream, TransformStream, WritableStream });

// react-dom/server, which @grafana/ui pulls in, needs a MessageChannel. Node's own keeps the process alive for ever.
class Port {
  onmessage = null;
  other = null;

  postMessage(data) {
    setTimeout(() => this.other.onmessage?.({ data }), 0);
  }

  start() {}
  close() {}
}

globalThis.MessageChannel = class {
  constructor() {
    this.port1 = new Port();
    this.port2 = new Port();
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
};

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}

globalThis.ResizeObserver = Observer;
globalThis.IntersectionObserver = Observer;
