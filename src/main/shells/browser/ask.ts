import { createInterface } from 'node:readline'
import type { CloseRequests } from '../close-requests.ts'
import type { CloseChoice, OpenWork } from '../local/open-work.ts'
import { choiceOf, questionText } from './closing.ts'

/** Asks in the terminal what shall become of the runs. Another request to close counts as *keep*. */
export async function askInTerminal(work: OpenWork, requests: CloseRequests): Promise<CloseChoice> {
  // Without its own handling of keys, Ctrl-C stays a signal to this process.
  const lines = createInterface({ input: process.stdin, terminal: false })
  const answered = new AbortController()
  const readings = lines[Symbol.asyncIterator]()
  const again = requests.next(answered.signal).then((): 'again' => 'again')
  try {
    for (;;) {
      process.stdout.write(questionText(work))
      const line = await Promise.race([readings.next(), again])
      if (line === 'again') {
        process.stdout.write('\n')
        return 'keep'
      }
      const choice = choiceOf(line.done === true ? undefined : line.value)
      if (choice !== undefined) return choice
    }
  } finally {
    answered.abort()
    lines.close()
    // An open input would keep the process from ending.
    process.stdin.pause()
  }
}
