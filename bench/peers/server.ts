import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#contract/api/contract.ts'
import { enterByLink } from '../../test/support/admitted-socket.ts'
import { familyOf, processorMs, residentBytes } from '../screen/processes.ts'

/** A program that serves the runs on the loopback address. */
export interface PeerServer {
  /** Address of its page. */
  readonly url: string
  /** Address that opens its page in a new browser. */
  enter(): Promise<string>
  /** Number of the runs that it lists. */
  list(): Promise<number>
  /** Fetches the curves of all runs, metric by metric, as its page does. Returns the points. */
  curves(): Promise<number>
  /** Processor time of its processes, in milliseconds. */
  processorMs(): number
  /** Highest resident memory of its processes, in bytes. */
  residentBytes(): number
  close(): Promise<void>
}

/** Address in what a program prints. @throws Error with its output if it ends before */
async function addressFrom(child: ChildProcess, pattern: RegExp): Promise<string> {
  let printed = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const note = (chunk: Buffer) => {
    printed += chunk.toString()
    const found = pattern.exec(printed)?.[0]
    if (found !== undefined) resolve(found)
  }
  child.stdout?.on('data', note)
  child.stderr?.on('data', note)
  child.once('error', reject)
  child.once('exit', (code) => reject(new Error(`The program ended with ${String(code)}: ${printed}`)))
  return await promise
}

const measured = (child: ChildProcess) => {
  const { pid } = child
  if (pid === undefined) throw new Error('The program could not be started.')
  return {
    processorMs: () => familyOf(pid).reduce((sum, id) => sum + processorMs(id), 0),
    residentBytes: () => familyOf(pid).reduce((sum, id) => sum + residentBytes(id, 'VmHWM'), 0),
    close: async () => {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** What a server answers; to a form if there is one. (`fetch` fails if a server closes the connection behind a long answer.) */
async function textOf(url: URL, form: string | undefined): Promise<string> {
  const sent = request(url, {
    method: form === undefined ? 'GET' : 'POST',
    headers: { connection: 'close', 'content-type': 'application/x-www-form-urlencoded' },
  }).end(form)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`The server answered ${answer.statusCode} to ${url.pathname}.`)
  return await text(answer)
}

/** Points of a curve for which a page asks; TensorBoard keeps that many of each by default. */
const pointsPerCurve = 1000

/** The studio over a workspace. */
export async function serveStudio(
  workspace: string,
  runIds: readonly string[],
  names: readonly string[],
): Promise<PeerServer> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/main/shells/cli/main.ts'), 'serve', '--workspace', workspace, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const link = await addressFrom(child, /http:\/\/\S+/)
  const { socket } = await enterByLink(link)
  // oRPC's type is the browser's WebSocket; that of ws has all that it uses.
  const client: ContractRouterClient<Contract> = createORPCClient(
    new RPCLink({ websocket: socket as unknown as globalThis.WebSocket }),
  )
  const { close, ...figures } = measured(child)
  return {
    url: new URL(link).origin,
    enter: async () => (await client.access.link({})).link,
    ...figures,
    list: async () => (await client.runs.list({})).length,
    curves: async () => {
      const series = await Promise.all(
        names.map((name) => client.metrics.series({ runIds: [...runIds], names: [name], maxBuckets: pointsPerCurve })),
      )
      // Of each bucket the first, last, lowest and highest value is sent.
      return series.flat().reduce((sum, { columns }) => sum + Math.floor(Buffer.byteLength(columns, 'base64') / 8), 0)
    },
    close: async () => {
      socket.close()
      await close()
    },
  }
}

/** TensorBoard over a folder of event files, once it has read all points. */
export async function serveTensorBoard(
  python: string,
  logs: string,
  { runs, names, points }: { runs: readonly string[]; names: readonly string[]; points: number },
): Promise<PeerServer> {
  const child = spawn(
    python,
    ['-m', 'tensorboard.main', '--logdir', logs, '--host', '127.0.0.1', '--port', '0', '--reload_interval', '1'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const url = await addressFrom(child, /http:\/\/127\.0\.0\.1:\d+\//)
  const json = async (path: string, form?: URLSearchParams): Promise<unknown> =>
    JSON.parse(await textOf(new URL(path, url), form?.toString()))
  const curvesOf = async (tag: string) => {
    const body = new URLSearchParams([['tag', tag], ...runs.map((run): [string, string] => ['runs', run])])
    return (await json('data/plugin/scalars/scalars_multirun', body)) as Record<
      string,
      [time: number, step: number, value: number][]
    >
  }
  const isComplete = async () => {
    const tags = (await json('data/plugin/scalars/tags')) as Record<string, Record<string, unknown>>
    if (runs.some((run) => names.some((name) => tags[run]?.[name] === undefined))) return false
    const curves = await Promise.all(names.map(curvesOf))
    return curves.every((byRun) => runs.every((run) => byRun[run]?.at(-1)?.[1] === points))
  }
  const { close, ...figures } = measured(child)
  try {
    while (!(await isComplete())) await new Promise((resolve) => setTimeout(resolve, 100))
  } catch (cause) {
    await close()
    throw cause
  }
  return {
    url,
    enter: async () => url,
    ...figures,
    close,
    list: async () => ((await json('data/runs')) as string[]).length,
    curves: async () => {
      const curves = await Promise.all(names.map(curvesOf))
      return curves.flatMap((byRun) => Object.values(byRun)).reduce((sum, curve) => sum + curve.length, 0)
    },
  }
}
