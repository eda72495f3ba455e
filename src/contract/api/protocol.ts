/** Paths and names that both shells and the window agree on. */
export const protocol = {
  /** WebSocket of the browser shell. */
  socketPath: '/api',
  /** Parameter in the fragment of a link: `http://127.0.0.1:8756/#open=<secret>`. Browsers do not send fragments. */
  linkParameter: 'open',
  /**
   * Files of the workspace: `/media/datasets/<name>/<video>.webp`, `/media/runs/<id>/<path>`. In a browser the pass of the page
   * comes first: `/media/<pass>/datasets/...`.
   */
  mediaPath: '/media/',
  /** Instead of `.webp`, it names the first page of an animated picture of `mediaPath`, which takes a fraction of its bytes. */
  stillEnding: '.still.webp',
  /** Message with which the page asks the Electron preload for its MessagePort, as soon as it listens for it. */
  portRequest: 'mvd-studio:port-request',
  /** Message with which the Electron preload sends the MessagePort to the page. */
  portMessage: 'mvd-studio:port',
  /** Scheme and host under which Electron serves the page and the media. */
  appOrigin: 'app://studio',
} as const
