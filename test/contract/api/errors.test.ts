import { expect, test } from 'vitest'
import { toStudioError } from '#contract/api/errors.ts'

const systemError = (code: string, path = '/data/x'): Error =>
  Object.assign(new Error(`${code}: open ${path}`), { code, path })

test.each([
  ['ENAMETOOLONG', 'bad-request', '/data/x cannot be used: its path is too long.'],
  ['EACCES', 'bad-request', '/data/x cannot be used: permission denied.'],
  ['EROFS', 'bad-request', '/data/x cannot be used: its file system is read-only.'],
  ['EMFILE', 'system-limit', 'Too many files are open.'],
  ['ELOOP', 'bad-request', '/data/x cannot be used: its links form a loop.'],
  ['ENOSPC', 'disk-full', 'The disk is full.'],
  ['SQLITE_FULL', 'disk-full', 'The disk is full.'],
  ['ENOENT', 'internal', 'ENOENT: open /data/x'],
])('a system error %s becomes a sentence with its cause', (code, studioCode, message) => {
  const error = toStudioError(systemError(code))
  expect([error.code, error.message]).toEqual([studioCode, message])
})
