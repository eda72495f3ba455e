import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { ScannedFolder } from '../scan.ts'
import { correct } from './faults.ts'
import { filesNamed, readText } from './list-files.ts'

const actionsName = /^ava_action_list.*\.pbtxt(\.txt)?$/i

/** The list of 60 actions that are evaluated, beside which the one of all 80 may be. */
const evaluated = /activitynet/i

/**
 * The names of the actions of AVA, from the text of a protocol buffer: blocks with `name: "stand"` and `label_id: 12` (or `id: 12`).
 * @returns without a list, each action is called like its number
 * @throws StudioError `bad-request` if the list has no such blocks
 */
export function actionsOf(folder: ScannedFolder): {
  readonly path?: string
  /** Undefined for an action that the list does not have. */
  readonly nameOf: (action: string) => string | undefined
} {
  const lists = filesNamed(folder, actionsName)
  const path = lists.find((list) => evaluated.test(list)) ?? lists[0]
  if (path === undefined) return { nameOf: (action) => action }
  const names = new Map<string, string>()
  for (const [block] of readText(folder.root, path).matchAll(/\{[^{}]*\}/g)) {
    const name = /\bname:\s*"((?:[^"\\]|\\.)*)"/.exec(block)?.[1]
    const id = /\b(?:label_)?id:\s*(\d+)/.exec(block)?.[1]
    if (name !== undefined && id !== undefined) names.set(String(Number(id)), name.replaceAll(/\\(.)/g, '$1'))
  }
  if (names.size === 0)
    throw new StudioError(
      'bad-request',
      `${join(folder.root, path)} has no actions: there is no block with a name and a label_id.`,
      correct,
    )
  return { path, nameOf: (action) => names.get(action) }
}
