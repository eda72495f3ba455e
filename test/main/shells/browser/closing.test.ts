import { expect, test } from 'vitest'
import { choiceOf, keptText, mayClose, questionText } from '#main/shells/browser/closing.ts'
import type { CloseReason } from '#main/shells/close-requests.ts'
import type { StudioClient } from '#main/shells/local/join.ts'
import { type CloseChoice, type CloseMode, workText } from '#main/shells/local/open-work.ts'

type Listed = { id: string; status: string; waitsFor: string[]; isStopping?: boolean }

/** A studio with runs, and experiments by their names. */
function studio(runs: Listed[], experiments: string[] = []) {
  const acts: string[] = []
  const client = {
    runs: {
      list: async () => runs,
      stop: async ({ id }: { id: string }) => {
        acts.push(`stop ${id}`)
        const run = runs.find((candidate) => candidate.id === id)!
        run.status = 'stopped'
      },
    },
    experiments: {
      list: async () => experiments.map((id) => ({ id, status: 'running' })),
      stop: async ({ id }: { id: string }) => void acts.push(`stop ${id}`),
    },
  } as unknown as StudioClient
  return { client, acts }
}

const runs = (): Listed[] => [
  { id: 'a.distill', status: 'running', waitsFor: [] },
  { id: 'a.finetune', status: 'queued', waitsFor: ['a.distill'] },
  { id: 'b.distill', status: 'failed', waitsFor: [] },
  // It waits for a run that ended, so it does not start by itself.
  { id: 'b.finetune', status: 'queued', waitsFor: ['b.distill'] },
]

async function closed(
  listed: Listed[],
  { mode = 'ask', choice, experiments = [] }: { mode?: CloseMode; choice?: CloseChoice; experiments?: string[] } = {},
) {
  const { client, acts } = studio(listed, experiments)
  const printed: string[] = []
  const isClosed = await mayClose(client, {
    mode,
    ask: choice === undefined ? undefined : async () => choice,
    print: (line) => void printed.push(line),
    requests: { next: () => new Promise<CloseReason>(() => undefined) },
  })
  return { isClosed, acts, printed }
}

test('without runs that compute or wait it closes at once', async () => {
  expect(await closed(runs().slice(2), { choice: 'cancel' })).toEqual({ isClosed: true, acts: [], printed: [] })
})

test('kept runs go on, and it is said what becomes of those that wait', async () => {
  expect(await closed(runs(), { choice: 'keep' })).toEqual({
    isClosed: true,
    acts: [],
    printed: [
      'What computes goes on without the studio (a.distill); the next one follows it.\nWhat waits starts when a studio is open again: "serve", a window, or a command that follows runs.',
    ],
  })
})

test('without a person to ask, runs are kept', async () => {
  const { isClosed, acts } = await closed(runs())
  expect([isClosed, acts]).toEqual([true, []])
})

test('save and stop stops experiments first, then what waits, then what computes', async () => {
  const { isClosed, acts, printed } = await closed(runs(), { choice: 'stop', experiments: ['desk'] })
  expect(acts).toEqual(['stop desk', 'stop a.finetune', 'stop a.distill'])
  expect([isClosed, printed.at(-1)]).toEqual([true, 'All runs are saved.'])
})

test('a second request does not wait until runs are saved', async () => {
  const { client } = studio(runs())
  const stuck = { ...client, runs: { ...client.runs, stop: async () => undefined } } as unknown as StudioClient
  const printed: string[] = []
  const isClosed = await mayClose(stuck, {
    mode: 'stop',
    ask: undefined,
    print: (line) => void printed.push(line),
    requests: { next: async () => 'key' },
  })
  expect([isClosed, printed.at(-1)]).toEqual([true, 'The studio closes. The runs save without it.'])
})

test('cancel keeps the studio open', async () => {
  expect(await closed(runs(), { choice: 'cancel' })).toEqual({
    isClosed: false,
    acts: [],
    printed: ['The studio stays open.'],
  })
})

test.each([
  [undefined, 'keep'],
  ['k', 'keep'],
  [' Keep ', 'keep'],
  ['s', 'stop'],
  ['c', 'cancel'],
  ['x', undefined],
  ['', undefined],
])('the answer %s means %s', (answer, expected) => expect(choiceOf(answer)).toBe(expected))

test('the question says what goes on', () => {
  const work = { computing: ['a.distill'], waiting: ['a.finetune', 'a.evaluate'], experiments: ['desk'] }
  expect(workText(work)).toBe('1 run computes, 2 runs wait in the queue, and 1 experiment will launch more (desk).')
  expect(questionText(work)).toMatch(/k {2}keep running.*\n.*s {2}save and stop.*\n.*c {2}cancel/)
  expect(keptText({ ...work, computing: [] })).toMatch(/^What waits starts/)
})
