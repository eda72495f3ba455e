import { afterAll, beforeAll, expect, test } from 'vitest'
import { respondTo, targetOf, type Target } from '#main/shells/browser/files.ts'
import { makePage } from './tiny-studio.ts'

test.each<[string, Target]>([
  ['/', { kind: 'route' }],
  ['/runs/a-1', { kind: 'route' }],
  ['/runs/a-1%4012', { kind: 'route' }],
  ['/assets/main.js', { kind: 'asset', file: 'assets/main.js' }],
  ['/assets/two%20words.css', { kind: 'asset', file: 'assets/two words.css' }],
  ['/media/datasets/falls/a%20b.webp', { kind: 'media', urlPath: '/media/datasets/falls/a b.webp' }],
  ['/../secret.txt', { kind: 'outside' }],
  ['/%2e%2e/secret.txt', { kind: 'outside' }],
  ['/%2E%2E%2Fsecret.txt', { kind: 'outside' }],
  ['/assets/..%2f..%2fsecret.txt', { kind: 'outside' }],
  ['/assets/..%5c..%5csecret.txt', { kind: 'malformed' }],
  ['/media/../secret.txt', { kind: 'outside' }],
  ['/media/datasets/%2e%2e/%2e%2e/secret', { kind: 'outside' }],
  ['/./secret.txt', { kind: 'outside' }],
  ['/secret.txt%00.js', { kind: 'malformed' }],
  ['/%zz', { kind: 'malformed' }],
  ['relative.js', { kind: 'malformed' }],
  ['', { kind: 'malformed' }],
  [`/${'a'.repeat(256)}.js`, { kind: 'malformed' }],
  // Decoded once only: this is an odd name inside the build.
  ['/%252e%252e/secret.txt', { kind: 'route' }],
  ['/runs/falls-1.distill', { kind: 'route' }],
])('%s', (path, expected) => {
  expect(targetOf(path)).toEqual(expected)
})

let page: Awaited<ReturnType<typeof makePage>>
beforeAll(async () => void (page = await makePage()))
afterAll(() => page.remove())

test.each([
  ['/', 200, 'text/html; charset=utf-8', '<!doctype html><title>MVD Studio</title>'],
  ['/runs/a-1', 200, 'text/html; charset=utf-8', '<!doctype html><title>MVD Studio</title>'],
  ['/assets/main.js', 200, 'text/javascript; charset=utf-8', 'export {}'],
  ['/assets/two%20words.css', 200, 'text/css; charset=utf-8', 'a{}'],
  ['/media/datasets/falls/clip.webp', 200, 'image/webp', 'RIFF'],
  ['/media/datasets/falls/gone.webp', 404, 'text/plain; charset=utf-8', 'There is no such file.\n'],
  ['/media/datasets/other/clip.webp', 404, 'text/plain; charset=utf-8', 'There is no such file.\n'],
  ['/assets/gone.js', 404, 'text/plain; charset=utf-8', 'There is no such file.\n'],
  ['/%2e%2e/secret.txt', 403, 'text/plain; charset=utf-8', 'This path is outside the studio.\n'],
])('answers %s with %i', async (path, status, type, body) => {
  const answer = await respondTo(path, page)
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toBe(type)
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
  expect(answer.body.toString()).toBe(body)
})
