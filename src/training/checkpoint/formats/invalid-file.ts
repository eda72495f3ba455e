import { StudioError } from '#contract/api/errors.ts'

/** Makes an error about one file: the problem completes the sentence "The file X ...". */
export type Refuse = (problem: string, options?: { hint?: string; cause?: unknown }) => StudioError

const defaultHint = 'Use another checkpoint, or copy this file again from its source.'

/** Errors that name the file at `path`. */
export const refuseFile =
  (path: string): Refuse =>
  (problem, { hint = defaultHint, cause } = {}) =>
    new StudioError('checkpoint-invalid', `The file ${path} ${problem}.`, hint, { cause })

const maxShown = 80

/** A string from a file for a message: on one line, at most 80 characters. */
export function shown(text: string): string {
  const clean = text.slice(0, maxShown).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
  return text.length > maxShown ? `${clean}…` : clean
}

/** `[2, 3]`, cut after eight sizes. */
export const shownShape = (shape: readonly unknown[]): string =>
  `[${shape.slice(0, 8).map(String).join(', ')}${shape.length > 8 ? ', …' : ''}]`
