import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { errorReport } from '#contract/api/errors.ts'
import { queryCards } from '#node/nvidia-smi.ts'

/** A process of the checks. */
export interface Call {
  readonly program: string
  readonly options: readonly string[]
  /** After this time the process is ended. */
  readonly limitMs: number
  /** Whether an exit code of 1 is an answer, too. */
  readonly mayFail?: boolean
}

export interface Answer {
  readonly stdout: string
  /** Largest memory of this process on the cards, or by which the used memory of all cards grew; null if no card reports it. */
  readonly cardMemoryBytes: number | null
}

const pollMs = 250

/**
 * Runs a program to its end.
 * @throws Error with its last lines if it fails, or that says that it was ended
 */
export async function run({ program, options, limitMs, mayFail = false }: Call): Promise<Answer> {
  const usedBefore = await usedBytes(undefined)
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, isEnded] = ['', false]
  const lines: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.trim() !== '') lines.push(line.trim())
  })
  const limit = setTimeout(() => {
    isEnded = true
    child.kill('SIGKILL')
  }, limitMs)
  const watched = watchMemory(child.pid ?? 0, usedBefore)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (isEnded) throw new Error(`ended after ${Math.round(limitMs / 1000)} s`)
    if (code !== 0 && !(mayFail && code === 1 && stdout !== ''))
      throw new Error(errorIn(lines) ?? lastLine([...stdout.split('\n'), ...lines]))
    return { stdout, cardMemoryBytes: watched.peak() }
  } finally {
    clearTimeout(limit)
    watched.stop()
  }
}

/** Polls the memory of a process on the cards. */
function watchMemory(pid: number, usedBefore: number | null): { peak(): number | null; stop(): void } {
  let peak: number | null = null
  let isStopped = usedBefore === null
  const poll = async (): Promise<void> => {
    const used = await usedBytes(pid, usedBefore ?? 0)
    if (used !== null) peak = Math.max(peak ?? 0, used)
    if (!isStopped) timer = setTimeout(() => void poll(), pollMs)
  }
  let timer = isStopped ? undefined : setTimeout(() => void poll(), pollMs)
  return {
    peak: () => peak,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

/** Memory of a process on all cards, or else by which their used memory exceeds `before`: containers hide processes. */
async function usedBytes(pid: number | undefined, before = 0): Promise<number | null> {
  const { cards } = await queryCards({ timeoutMs: 5000 })
  const own = cards.flatMap(({ processes }) => processes.filter((process) => process.pid === pid))
  if (own.length > 0) return own.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0)
  const used = cards.flatMap(({ usedMemoryBytes }) => usedMemoryBytes ?? [])
  return used.length === 0 ? null : used.reduce((sum, bytes) => sum + bytes, 0) - before
}

const errorDocument = z.object({ error: errorReport })

/** The error that the command line printed with `--json`; undefined for other programs. */
function errorIn(lines: readonly string[]): string | undefined {
  const document = lines.findLast((line) => line.startsWith('{"error":'))
  if (document === undefined) return undefined
  const { message, hint } = errorDocument.parse(JSON.parse(document)).error
  return `${message} ${hint}`
}

/** The last line with text: Python prints its error there. */
const lastLine = (lines: readonly string[]): string => lines.findLast((line) => line.trim() !== '') ?? 'no output'
