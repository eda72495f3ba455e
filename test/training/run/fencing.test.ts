import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runEvent } from '#contract/domain/run-event.ts'
import { isWhole } from '#node/event-line.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-fencing-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

function record(folder: string): ChildProcess {
  const child = spawn(process.execPath, [resolve('test/fixtures/recording-child.ts'), 'run', folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const eventsOf = (folder: string) =>
  readFileSync(join(folder, 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      expect(isWhole(line)).toBe(true)
      return runEvent.parse(JSON.parse(line))
    })

const untilStep = (folder: string, attempt: number) =>
  vi.waitFor(
    () => {
      const events = eventsOf(folder)
      expect(events.some((event) => event.type === 'started' && event.attempt === attempt)).toBe(true)
      expect(events.at(-1)?.type).toBe('metrics')
    },
    { timeout: 30_000, interval: 20 },
  )

test.skipIf(process.platform === 'win32')(
  'a process that was believed dead ends without writing when it goes on',
  async () => {
    const folder = temporaryFolder()
    const first = record(folder)
    await untilStep(folder, 1)
    first.kill('SIGSTOP')
    const second = record(folder)
    // The second one has taken the run over, and waits for the first.
    await vi.waitFor(() => expect(readdirSync(join(folder, 'attempts'))).toEqual(['0001.json', '0002.json']), {
      timeout: 30_000,
    })
    const before = statSync(join(folder, 'events.jsonl')).size
    const gone = once(first, 'exit')
    first.kill('SIGCONT')
    expect(await gone).toEqual([1, null])
    await untilStep(folder, 2)
    writeFileSync(join(folder, 'stop'), '')
    expect(await once(second, 'exit')).toEqual([0, null])
    const after = readFileSync(join(folder, 'events.jsonl')).subarray(before).toString().split('\n')
    expect(after[0]).toContain('"type":"started"')
    const losses = eventsOf(folder).flatMap((event) =>
      event.type === 'metrics' ? [event.values['train/loss'] as number] : [],
    )
    expect(losses).toEqual(losses.toSorted((a, b) => a - b))
    expect(new Set(losses)).toEqual(new Set([1, 2]))
  },
)

test('events that are deleted or replaced while a process writes them are written again, with every line', async () => {
  const folder = temporaryFolder()
  const child = record(folder)
  const events = join(folder, 'events.jsonl')
  for (const damage of [() => rmSync(events), () => replace(events)]) {
    await untilStep(folder, 1)
    damage()
    await vi.waitFor(
      () => {
        const steps = eventsOf(folder).flatMap((event) => (event.type === 'metrics' ? [event.step] : []))
        expect(steps.length).toBeGreaterThan(20)
        expect(steps).toEqual(Array.from({ length: steps.length }, (_, index) => index + 1))
      },
      { timeout: 30_000, interval: 50 },
    )
  }
  writeFileSync(join(folder, 'stop'), '')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(eventsOf(folder).filter((event) => event.type === 'log' && event.level === 'warning')).toHaveLength(2)
})

function replace(file: string): void {
  rmSync(file)
  writeFileSync(file, 'of another file\n')
  truncateSync(file, 3)
}

test('a line that was changed is not whole, even if it is still JSON; one of an earlier version counts as whole', async () => {
  const { sealLine } = await import('#node/event-line.ts')
  const line = sealLine('{"type":"metrics","step":17}')
  expect(line).toMatch(/^\{"type":"metrics","step":17,"crc":"[0-9a-f]{8}"\}$/)
  expect([isWhole(line), isWhole(line.replace('17', '18')), isWhole('{"type":"metrics","step":17}')]).toEqual([
    true,
    false,
    true,
  ])
})
