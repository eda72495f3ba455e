import type { CloseRequests } from '../close-requests.ts'
import type { StudioClient } from '../local/join.ts'
import {
  type CloseChoice,
  type CloseMode,
  isNothing,
  type OpenWork,
  openWork,
  stopWork,
  untilWork,
  workText,
} from '../local/open-work.ts'

export interface Closing {
  readonly mode: CloseMode
  /** Asks the person at the terminal; undefined if there is none. */
  readonly ask: ((work: OpenWork) => Promise<CloseChoice>) | undefined
  readonly print: (line: string) => void
  readonly requests: Pick<CloseRequests, 'next'>
}

/**
 * Decides whether a studio may close now: at once if nothing computes or waits, otherwise as the person wants it. With *stop* it waits
 * until every run has saved, or until it is asked again.
 */
export async function mayClose(client: StudioClient, { mode, ask, print, requests }: Closing): Promise<boolean> {
  const work = await openWork(client)
  if (isNothing(work)) return true
  const choice = mode === 'ask' ? ((await ask?.(work)) ?? 'keep') : mode
  switch (choice) {
    case 'cancel':
      print('The studio stays open.')
      return false
    case 'keep':
      print(keptText(work))
      return true
    case 'stop':
      print('Saving and stopping. Another Ctrl-C closes the studio at once; the runs save without it.')
      print(
        (await saveAndStop(client, requests)) ? 'All runs are saved.' : 'The studio closes. The runs save without it.',
      )
      return true
  }
}

/** Returns whether all runs were saved before the next request to close. */
async function saveAndStop(client: StudioClient, requests: Pick<CloseRequests, 'next'>): Promise<boolean> {
  const saved = new AbortController()
  const again = new AbortController()
  void requests.next(saved.signal).then(() => again.abort())
  await stopWork(client)
  await untilWork(client, ({ computing }) => computing.length === 0, again.signal)
  saved.abort()
  return !again.signal.aborted
}

/** What happens to runs without a studio. */
export function keptText({ computing, waiting, experiments }: OpenWork): string {
  return [
    ...(computing.length === 0
      ? []
      : [`What computes goes on without the studio (${computing.join(', ')}); the next one follows it.`]),
    ...(waiting.length + experiments.length === 0
      ? []
      : ['What waits starts when a studio is open again: "serve", a window, or a command that follows runs.']),
  ].join('\n')
}

/** The question in a terminal. */
export const questionText = (work: OpenWork): string =>
  `\n${workText(work)}
  k  keep running: what computes goes on without the studio, what waits starts when one is open again
  s  save and stop: they can be resumed later
  c  cancel: the studio stays open
k, s or c? Another Ctrl-C means k: `

/** What an answer means; undefined if it means nothing. An ended input means keep. */
export function choiceOf(answer: string | undefined): CloseChoice | undefined {
  switch (answer?.trim().toLowerCase().charAt(0)) {
    case undefined:
    case 'k':
      return 'keep'
    case 's':
      return 'stop'
    case 'c':
      return 'cancel'
    default:
      return undefined
  }
}
