import { execFile } from 'node:child_process'
import { systemCode } from '#contract/api/errors.ts'
import type { Card, CardReport } from '#contract/domain/card.ts'

const cardFields = ['index', 'uuid', 'name', 'driver_version', 'memory.total', 'memory.used', 'compute_mode']
/** Drivers before 510 do not know it. */
const capabilityField = 'compute_cap'
const processFields = ['gpu_uuid', 'pid', 'used_gpu_memory']

/** On Windows with a Linux subsystem, the program is there and often not on the PATH of Linux. */
const programs = process.platform === 'linux' ? ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'] : ['nvidia-smi']

export interface CardQuery {
  /** After this time `nvidia-smi` is ended. It takes up to a few seconds if the driver has to start first. */
  readonly timeoutMs?: number
  /** Names of the program to try, by default `nvidia-smi` on the PATH. */
  readonly programs?: readonly string[]
}

/**
 * The NVIDIA cards of this machine with the processes on them, from `nvidia-smi`. It does not apply `CUDA_VISIBLE_DEVICES`; see
 * `visibleCards`. Never rejects: a machine without the program has no cards, and a failure is reported as the problem.
 */
export async function queryCards({
  timeoutMs = 20_000,
  programs: candidates = programs,
}: CardQuery = {}): Promise<CardReport> {
  for (const program of candidates) {
    try {
      const [cards, processes] = await Promise.all([
        queryFields(program, timeoutMs),
        ask(program, 'compute-apps', processFields, timeoutMs),
      ])
      return { cards: parseCards(cards, processes), problem: null }
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') continue
      const reason = cause instanceof Error ? cause.message : String(cause)
      // Its answer on a machine with a driver and without a card.
      if (/no devices were found/i.test(reason)) return { cards: [], problem: null }
      return { cards: [], problem: `nvidia-smi could not list the graphics cards: ${reason}` }
    }
  }
  return { cards: [], problem: null }
}

/** Use of one card now. Null: the driver does not report it. */
export interface CardUse {
  readonly uuid: string
  /** Share of the time in which a kernel ran, in percent. */
  readonly utilization: number | null
  readonly usedMemoryBytes: number | null
}

/** Use of some cards, by one call of `nvidia-smi`. Never rejects: without an answer there are none. */
export async function queryCardUse(
  uuids: readonly string[],
  { timeoutMs = 10_000, programs: candidates = programs }: CardQuery = {},
): Promise<CardUse[]> {
  for (const program of candidates) {
    try {
      const answer = await ask(program, 'gpu', ['uuid', 'utilization.gpu', 'memory.used'], timeoutMs)
      return rowsOf(answer).flatMap((row) => {
        const [uuid = '', share, used] = row.split(', ')
        const utilization = Number(known(share) ?? Number.NaN)
        return uuids.includes(uuid)
          ? [{ uuid, utilization: Number.isFinite(utilization) ? utilization : null, usedMemoryBytes: bytesOf(used) }]
          : []
      })
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') return []
    }
  }
  return []
}

async function queryFields(program: string, timeoutMs: number): Promise<string> {
  try {
    return await ask(program, 'gpu', [...cardFields, capabilityField], timeoutMs)
  } catch (cause) {
    if (cause instanceof Error && /not a valid field/i.test(cause.message))
      return ask(program, 'gpu', cardFields, timeoutMs)
    throw cause
  }
}

/** The lines of one query. @throws Error with the program's own message */
function ask(
  program: string,
  kind: 'gpu' | 'compute-apps',
  fields: readonly string[],
  timeoutMs: number,
): Promise<string> {
  const options = [`--query-${kind}=${fields.join(',')}`, '--format=csv,noheader,nounits']
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', windowsHide: true } as const
    execFile(program, options, limits, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const failure: Error = error
      if (systemCode(failure) === 'ENOENT') return reject(failure)
      if (error.killed === true) return reject(new Error(`It did not answer within ${timeoutMs / 1000} s.`))
      // It writes most of its errors to standard output.
      const said = [stdout, stderr].map((text) => text.trim().replaceAll(/\s+/g, ' ')).filter((text) => text !== '')
      reject(new Error(said.length === 0 ? error.message : said.join(' ')))
    })
  })
}

/**
 * Cards from the answers to both queries: one line per card and per process, fields separated by `, `. Fields that the driver does not report
 * (`[N/A]`, `[Not Supported]`) are null.
 * @throws Error that quotes a line that cannot be read
 */
export function parseCards(cards: string, processes: string): Card[] {
  const found = rowsOf(processes).flatMap((row) => {
    const [uuid, pid, used] = row.split(', ')
    const id = Number(pid)
    // Processes without an id belong to containers that are not visible here.
    return Number.isSafeInteger(id) && id > 0 ? [{ uuid, pid: id, memoryBytes: bytesOf(used) }] : []
  })
  return rowsOf(cards).map((row) => {
    const [index = '', uuid = '', name = '', driverVersion = '', memory, used, mode, capability] = row.split(', ')
    if (!/^\d+$/.test(index) || known(uuid) === undefined) throw new Error(`"${row}" describes no card.`)
    return {
      index: Number(index),
      uuid,
      name,
      driverVersion,
      memoryBytes: bytesOf(memory),
      usedMemoryBytes: bytesOf(used),
      computeCapability: known(capability) ?? null,
      isExclusive: mode?.startsWith('Exclusive') === true,
      processes: found.flatMap(({ pid, memoryBytes, uuid: on }) => (on === uuid ? [{ pid, memoryBytes }] : [])),
    }
  })
}

const rowsOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^no /i.test(line))

/** The text of a field; undefined for `[N/A]` and the like. */
const known = (text: string | undefined): string | undefined =>
  text === undefined || text === '' || /^\[|^N\/A$|^ERR!$/.test(text) ? undefined : text

/** Bytes of a field in MiB. */
function bytesOf(text: string | undefined): number | null {
  const number = Number(known(text) ?? Number.NaN)
  return Number.isFinite(number) ? number * 2 ** 20 : null
}
