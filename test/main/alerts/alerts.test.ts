import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AlertEvent, type AlertKind, alertRequest, type AlertsEvent } from '#contract/domain/alert.ts'
import type { Run } from '#contract/domain/run.ts'
import { deliver } from '#main/alerts/deliver.ts'
import { Alerts, type AlertsOptions } from '#main/alerts/service.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilFile,
  untilStatus,
  videosOf,
} from '../support.ts'

interface Received {
  body: unknown
  path: string
}

/** A server on the loopback address that collects what is posted to it. */
async function listen(statuses: number[] = []) {
  const received: Received[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    const answer = async () => {
      received.push({ body: JSON.parse(await text(request)), path: request.url ?? '' })
      const status = statuses.shift() ?? 200
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end()
      for (const { count, resolve } of waiting) if (received.length >= count) resolve()
    }
    void answer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    received,
    url: `http://127.0.0.1:${port}/hooks/secret-token`,
    until: (count: number) =>
      new Promise<void>((resolve) => (received.length >= count ? resolve() : waiting.push({ count, resolve }))),
  }
}

const event: AlertEvent = {
  id: 'finished:p.distill:1',
  kind: 'finished',
  at: '2026-01-01T00:00:00.000Z',
  message: 'Distillation of p finished.',
  isTest: false,
  run: { id: 'p.distill', pipeline: 'p', stage: 'distill', step: 9, totalSteps: 9 },
}

describe('channels', () => {
  test.each([
    ['json', event],
    ['slack', { text: event.message }],
    ['discord', { content: event.message, allowed_mentions: { parse: [] } }],
  ] as const)('a webhook in the format of %s', async (format, body) => {
    const { url, received } = await listen()
    await deliver({ type: 'webhook', url, format }, event)
    expect(received).toEqual([{ body, path: '/hooks/secret-token' }])
  })

  test.each([
    [500, 'answered with status 500'],
    [302, 'redirects to another address (status 302)'],
  ])('a webhook that answers with %i: the sentence does not have its secret', async (status, problem) => {
    const { url } = await listen([status])
    const failed = await deliver({ type: 'webhook', url, format: 'json' }, event).catch((cause: Error) => cause.message)
    expect(failed).toContain(problem)
    expect(failed).not.toContain('secret-token')
  })

  test('a webhook that cannot be reached', async () => {
    await expect(
      deliver({ type: 'webhook', url: 'http://127.0.0.1:1/secret-token', format: 'json' }, event),
    ).rejects.toThrow(/^The webhook at http:\/\/127\.0\.0\.1:1 cannot be reached \(\w+( \w+)?\)\.$/)
  })

  test('a command gets the event on its input and in its environment, and its arguments as they are', async () => {
    const to = join(temporaryFolder(), 'out.json')
    const script = `
      const { writeFileSync } = require('node:fs')
      const input = require('node:fs').readFileSync(0, 'utf8')
      const { MVD_ALERT, MVD_RUN, MVD_STEP } = process.env
      writeFileSync(process.argv[1], JSON.stringify({ input: JSON.parse(input), given: process.argv[2], MVD_ALERT, MVD_RUN, MVD_STEP }))`
    await deliver({ type: 'command', program: process.execPath, arguments: ['-e', script, to, '$(id); "x"'] }, event)
    expect(JSON.parse(readFileSync(to, 'utf8'))).toEqual({
      input: event,
      given: '$(id); "x"',
      MVD_ALERT: 'finished',
      MVD_RUN: 'p.distill',
      MVD_STEP: '9',
    })
  })

  test('a command that fails, and one that does not exist', async () => {
    const script = 'console.error("no network"); process.exit(3)'
    await expect(
      deliver({ type: 'command', program: process.execPath, arguments: ['-e', script] }, event),
    ).rejects.toThrow(/ended with exit code 3: no network\.$/)
    await expect(deliver({ type: 'command', program: '/no/such/program', arguments: [] }, event)).rejects.toThrow(
      'The program /no/such/program cannot be started (ENOENT).',
    )
  })
})

test.each(['ftp://x.example/y', 'file:///etc/passwd', 'not an address', 'javascript:alert(1)'])(
  'the webhook %s is refused',
  (url) => {
    expect(alertRequest.safeParse({ kinds: ['finished'], channel: { type: 'webhook', url } }).success).toBe(false)
  },
)

/** Alerts over runs that the test sets. */
function openAlerts(folder: string, options: Partial<AlertsOptions> = {}) {
  const runs = new Map<string, Run>()
  const problems: unknown[] = []
  const alerts = new Alerts({
    folder,
    works: true,
    runs: () => [...runs.values()],
    run: (id) => runs.get(id),
    readPoints: () => ({ steps: [], values: [] }),
    freeBytes: () => undefined,
    onProblem: (problem) => problems.push(problem),
    retryMs: [1, 1],
    ...options,
  })
  onTestFinished(() => alerts.close())
  const set = (run: Partial<Run>) => {
    const next = { ...runOf(run), ...run }
    runs.set(next.id, next)
    alerts.runChanged(next.id)
  }
  return { alerts, set, runs, problems }
}

const runOf = (run: Partial<Run>): Run => ({
  id: 'p.distill',
  pipelineId: 'p',
  stage: 'distill',
  dataset: 'd',
  labels: null,
  preset: 'tiny',
  status: 'running',
  isStopping: false,
  waitsFor: [],
  createdAt: '',
  startedAt: null,
  endedAt: null,
  attempt: 1,
  step: 5,
  totalSteps: 9,
  epochs: 1,
  effectiveBatchSize: 1,
  engine: null,
  parameters: null,
  clipsPerSecond: null,
  remainingMs: null,
  durationMs: 1000,
  checkpointCount: 0,
  summaries: [],
  result: null,
  error: null,
  organization: { name: '', tags: [], note: '', colour: null, isStarred: false, isArchived: false } as never,
  ...run,
})

const webhook = (url: string, kinds: AlertKind[]) =>
  alertRequest.parse({ kinds, channel: { type: 'webhook', url, format: 'json' } })
const kindsOf = (received: readonly Received[]): string[] => received.map(({ body }) => (body as AlertEvent).kind)
const later = '2999-01-01T00:00:00.000Z'

describe('events', () => {
  test('of runs are delivered once, also over a restart; a run that was resumed is another event', async () => {
    const folder = temporaryFolder()
    const { url, received, until } = await listen()
    const first = openAlerts(folder)
    first.alerts.open()
    first.alerts.add(webhook(url, ['finished', 'failed', 'diverged', 'stalled']))
    first.set({})
    first.set({ stalledMs: 200_000 })
    first.set({ stalledMs: 201_000 })
    first.set({})
    const error = { code: 'run-failed' as const, message: 'Broken.\nMore.', hint: '' }
    first.set({ status: 'failed', endedAt: later, error })
    first.set({ status: 'failed', endedAt: later, error })
    await until(2)
    await first.alerts.close()

    const second = openAlerts(folder)
    second.runs.set('p.distill', runOf({ status: 'failed', endedAt: later, error }))
    // It ended while no studio was open.
    second.runs.set('q.distill', runOf({ id: 'q.distill', pipelineId: 'q', status: 'finished', endedAt: later }))
    second.alerts.open()
    await until(3)
    second.set({ attempt: 2 })
    second.set({ attempt: 2, status: 'failed', endedAt: later, error: { ...error, code: 'diverged' } })
    await until(4)
    expect(kindsOf(received).toSorted()).toEqual(['diverged', 'failed', 'finished', 'stalled'])
    expect(received.map(({ body }) => (body as AlertEvent).message)).toContain(
      'Distillation of p failed at step 5 of 9: Broken.',
    )
    expect(second.problems).toEqual([])
  })

  test('before a rule was added are history, and imported runs have none', async () => {
    const { url, received, until } = await listen()
    const { alerts, set, runs } = openAlerts(temporaryFolder())
    runs.set('old.distill', runOf({ id: 'old.distill', status: 'finished', endedAt: '2020-01-01T00:00:00.000Z' }))
    alerts.open()
    alerts.add(webhook(url, ['finished', 'failed']))
    // A finished run that changes, as by another name.
    set({ id: 'old.distill', status: 'finished', endedAt: '2020-01-01T00:00:00.000Z' })
    // One from the trash.
    set({ id: 'back.distill', status: 'finished', endedAt: '2020-01-01T00:00:00.000Z' })
    set({ id: 'imported.distill', status: 'imported', endedAt: later })
    set({ id: 'new.distill' })
    // The clock of the machine was set back while it ran.
    set({ id: 'new.distill', status: 'finished', endedAt: '2020-01-01T00:00:00.000Z' })
    await until(1)
    expect(received.map(({ body }) => (body as AlertEvent).run?.id)).toEqual(['new.distill'])
  })

  test('of a plateau are delivered once, from the values before as well', async () => {
    const { url, received, until } = await listen()
    const { alerts, set } = openAlerts(temporaryFolder(), {
      readPoints: () => ({ steps: [1, 2, 3], values: [1, 1.2, 1.1] }),
    })
    alerts.open()
    const { channel } = webhook(url, ['plateau'])
    const plateau = { metric: 'validation/loss', patience: 3, minImprovement: 0 }
    alerts.add({ kinds: ['plateau'], channel, plateau, diskLowGib: 5 })
    set({})
    const add = (step: number, value: number) =>
      alerts.pointsAdded([
        { runId: 'p.distill', name: 'validation/loss', steps: [step], values: [value] },
        { runId: 'p.distill', name: 'train/loss', steps: [step], values: [9] },
      ])
    add(3, 1.1)
    expect(received).toEqual([])
    add(4, 1.3)
    add(5, 1.4)
    await until(1)
    expect(received).toHaveLength(1)
    expect(received[0]?.body).toMatchObject({ kind: 'plateau', metric: { best: 1, bestStep: 1 } })
  })

  test('of a low disk are delivered once until it has space again', async () => {
    const { url, received, until } = await listen()
    let free = 10 * 2 ** 30
    const folder = temporaryFolder()
    const look = async () => {
      const opened = openAlerts(folder, { freeBytes: () => free })
      opened.alerts.open()
      await opened.alerts.close()
      return opened
    }
    const { alerts } = await look()
    alerts.add(webhook(url, ['disk-low']))
    free = 4 * 2 ** 30
    await look()
    await look()
    await until(1)
    free = 5.5 * 2 ** 30
    await look()
    free = 4 * 2 ** 30
    await look()
    expect(received).toHaveLength(1)
    free = 9 * 2 ** 30
    await look()
    free = 2 ** 30
    await look()
    await until(2)
    expect(received[1]?.body).toMatchObject({
      message: 'The disk of the workspace has 1.0 GiB left, less than 5.0 GiB.',
    })
  })
})

describe('a delivery that fails', () => {
  test('is tried again, and said when it is given up, without the secret', async () => {
    const { url, received, until } = await listen([500, 503, 500])
    const folder = temporaryFolder()
    const { alerts, set } = openAlerts(folder)
    alerts.open()
    alerts.add(webhook(url, ['finished']))
    const seen: AlertsEvent[] = []
    const given = new Promise<void>((resolve) => {
      void (async () => {
        for await (const event of alerts.watch()) {
          seen.push(event)
          if (event.type === 'failed') return resolve()
        }
      })()
    })
    set({})
    set({ status: 'finished', endedAt: later })
    await until(3)
    await given
    expect(received).toHaveLength(3)
    expect(seen.at(-1)).toMatchObject({
      type: 'failed',
      message: expect.stringMatching(/answered with status 500\. Given up after 3 tries: Distillation of p finished/),
    })
    expect(JSON.stringify([seen, alerts.list()])).not.toContain('secret-token')
    expect(alerts.list()[0]?.problem?.message).toContain('answered with status 500')
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8')).pending).toEqual([])
  })

  test('of a studio that is closed meanwhile is made by the next one', async () => {
    const { url, received, until } = await listen([500])
    const folder = temporaryFolder()
    const first = openAlerts(folder, { retryMs: [60_000] })
    first.alerts.open()
    first.alerts.add(webhook(url, ['finished']))
    first.set({})
    first.set({ status: 'finished', endedAt: later })
    await until(1)
    await first.alerts.close()
    const second = openAlerts(folder)
    second.alerts.open()
    await until(2)
    expect(received[1]?.body).toEqual(received[0]?.body)
  })
})

test('a desktop notification waits for a window', async () => {
  const { alerts, set } = openAlerts(temporaryFolder())
  alerts.open()
  const { id } = alerts.add(alertRequest.parse({ kinds: ['finished'], channel: { type: 'desktop' } }))
  set({})
  set({ status: 'finished', endedAt: later })
  expect(await alerts.test(id)).toContain('No window')
  const notices: string[] = []
  for await (const event of alerts.watch()) {
    if (event.type === 'notice') notices.push(event.event.kind)
    if (notices.length === 1) break
  }
  expect(notices).toEqual(['finished'])
})

test('files of alerts are for their owner; a damaged one is reported and kept', async () => {
  const folder = join(temporaryFolder(), 'alerts')
  const { alerts } = openAlerts(folder)
  alerts.add(webhook('https://hooks.example/secret-token', ['finished']))
  expect(statSync(join(folder, 'rules.json')).mode & 0o777).toBe(0o600)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  writeFileSync(join(folder, 'state.json'), '{')
  const { problems, alerts: again } = openAlerts(folder)
  expect(String(problems[0])).toContain('state.json')
  expect(again.list()[0]?.channel).toEqual({ type: 'webhook', host: 'https://hooks.example', format: 'json' })
})

test('a real run that finishes runs the command, and the API never returns the address of a webhook', async () => {
  const studio = await openTestStudio(temporaryFolder(), { steps: 3 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const to = join(temporaryFolder(), 'message.txt')
  const script = 'require("node:fs").writeFileSync(process.argv[1], process.env.MVD_MESSAGE)'
  await studio.client.alerts.add({
    kinds: ['finished'],
    channel: { type: 'command', program: process.execPath, arguments: ['-e', script, to] },
  })
  const { url } = await listen()
  const { id } = await studio.client.alerts.add({ kinds: ['failed'], channel: { type: 'webhook', url } })
  expect(JSON.stringify(await studio.client.alerts.list({}))).not.toContain('secret-token')
  expect(await studio.client.alerts.test({ id })).toEqual({ problem: null })
  await studio.client.alerts.remove({ id })
  expect(await refusal(studio.client.alerts.test({ id }))).toContain(`not-found: There is no alert ${id}.`)
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, 'p.image-teacher', 'finished')
  await untilFile(to)
  expect(readFileSync(to, 'utf8')).toMatch(/^Image teacher of p finished after /)
})

test('a page in a browser cannot add a command', () => {
  const { alerts } = openAlerts(temporaryFolder())
  const command = alertRequest.parse({ kinds: ['finished'], channel: { type: 'command', program: 'x' } })
  expect(() => alerts.add(command, { isBrowser: true })).toThrow(/cannot add a command/)
  alerts.add(webhook('https://hooks.example/x', ['finished']), { isBrowser: true })
  alerts.add(command)
  expect(alerts.list().map(({ channel }) => channel.type)).toEqual(['webhook', 'command'])
})
