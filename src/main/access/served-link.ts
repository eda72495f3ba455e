import type { Keys } from './keys.ts'

const answerMs = 5000

/**
 * A link that gives one browser access to the studio that serves a workspace; undefined if none answers.
 * @throws StudioError if the workspace was never served
 */
export async function servedLink(keys: Keys): Promise<string | undefined> {
  const link = keys.makeLink()
  const { origin } = new URL(link)
  const answers = await fetch(origin, { method: 'HEAD', signal: AbortSignal.timeout(answerMs) }).then(
    () => true,
    () => false,
  )
  if (answers) return link
  keys.removeLinks()
  return undefined
}
