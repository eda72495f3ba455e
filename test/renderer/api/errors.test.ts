import { ORPCError } from '@orpc/client'
import { describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { isCancelled, toReport } from '#renderer/api/errors.ts'

describe('the report of a thrown value', () => {
  const report = {
    code: 'already-exists',
    message: 'A dataset named falls exists already.',
    hint: 'Choose another name.',
  } as const

  test('of an error of the studio', () =>
    expect(toReport(new ORPCError('STUDIO', { defined: true, data: report }))).toEqual(report))

  test('of an error of the window', () =>
    expect(toReport(new StudioError(report.code, report.message, report.hint))).toEqual(report))

  test('of invalid input names the field', () => {
    const refused = new ORPCError('BAD_REQUEST', {
      data: { issues: [{ path: ['configuration', 'clip', 'frames'], message: 'Too big' }, { message: 'Odd' }] },
    })
    expect(toReport(refused)).toMatchInlineSnapshot(`
      {
        "code": "bad-request",
        "hint": "Correct the field and try again.",
        "message": "configuration.clip.frames: Too big Odd",
      }
    `)
  })

  test('of an internal error keeps its message', () =>
    expect(toReport(new TypeError('x is not a function'))).toMatchObject({
      code: 'internal',
      message: 'x is not a function',
    }))

  test('an abort is not reported', () => {
    expect(isCancelled(new DOMException('aborted', 'AbortError'))).toBe(true)
    expect(isCancelled(new Error('aborted'))).toBe(false)
  })
})
