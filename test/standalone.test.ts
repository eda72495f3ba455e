import { execFileSync } from 'node:child_process'
import { existsSync, globSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatVersions } from '#contract/layout.ts'

const root = join(import.meta.dirname, '..')

/** Files of the repository, or in a copy without history those that are not ignored. */
function repositoryFiles(): string[] {
  const files = existsSync(join(root, '.git'))
    ? execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
    : globSync('**', { cwd: root, exclude: (name) => ['node_modules', 'out', 'coverage', 'workspace'].includes(name) })
  return files.filter((name) => name !== '' && existsSync(join(root, name)) && lstatSync(join(root, name)).isFile())
}

describe('the repository', () => {
  it('needs and mentions no folder outside of it', () => {
    // In pieces, so that this file does not contain them.
    const folder = ['..', 'shared'].join('/')
    const parts = ['media', 'reference', 'yardstick', 'method.md'].map((name) => ['shared', name].join('/'))
    const found = repositoryFiles().filter((name) => {
      const text = readFileSync(join(root, name), 'latin1')
      return [folder, ...parts].some((mention) => text.includes(mention))
    })
    expect(found).toEqual([])
  })

  it('has every section of docs/method.md that a comment cites', () => {
    const titles = [...readFileSync(join(root, 'docs/method.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(
      ([, title]) => title,
    )
    const cited = repositoryFiles()
      .filter((name) => /\.(ts|vue)$/.test(name))
      .flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/docs\/method\.md, ([A-Z][a-z -]+\w)/g)])
      .map(([, title]) => title)
    expect(cited.length).toBeGreaterThan(5)
    for (const title of cited) expect(titles).toContain(title)
  })

  it('has every source file that a document names', () => {
    const files = repositoryFiles()
    const folders = new Set(
      files.flatMap((name) => name.split('/').map((_, end, parts) => parts.slice(0, end).join('/'))),
    )
    const missing = files
      .filter((name) => name.endsWith('.md'))
      .flatMap((document) =>
        [...readFileSync(join(root, document), 'utf8').matchAll(/`([\w./-]+\/[\w./-]*)`/g)]
          .map(([, path = '']) => path.replace(/\/$/, ''))
          .filter((path) => /^(src|test|bench|build|resources|docs)\//.test(path) || /\.(ts|vue)$/.test(path))
          .filter((path) => !files.includes(path) && !folders.has(path))
          // docs/engine.md names files below the folder of the engine.
          .filter(
            (path) =>
              /^(src|test|bench|build|resources|docs)\//.test(path) || !files.some((name) => name.endsWith(`/${path}`)),
          )
          .map((path) => `${document}: ${path}`),
      )
    expect(missing).toEqual([])
  })

  it('names every room of the sources in docs/architecture.md', () => {
    const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
    const rooms = repositoryFiles().flatMap(
      (name) => /^src\/(?:main|training|contract|renderer)\/([\w-]+)\//.exec(name)?.[1] ?? [],
    )
    expect([...new Set(rooms)].filter((room) => !architecture.includes(`\`${room}\``))).toEqual([])
  })

  it.each([
    ['settings.json', formatVersions.settings],
    ['datasets/<name>/manifest.json', formatVersions.manifest],
    ['runs/<id>/run.json', formatVersions.run],
    ['runs/<id>/process.json', formatVersions.process],
    ['runs/<id>/checkpoints/step-<n>/checkpoint.json', formatVersions.checkpointCard],
    ['imports/<name>/import.json', formatVersions.importCard],
    ['probes/<model>.<n>.json', formatVersions.probe],
    ['exports/<checkpoint>/<time>.json', formatVersions.export],
  ])('has the version of %s in docs/architecture.md', (file, version) => {
    const rows = readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('\n')
    const row = rows.find((line) => line.startsWith('|') && line.includes(`\`${file}\``)) ?? ''
    expect(row.split('|').at(-3)?.trim()).toBe(String(version))
  })
})
