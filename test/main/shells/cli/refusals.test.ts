import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { brokenReasons } from '../../../support/videos/broken.ts'
import { brokenVideos, copyClasses, readableVideo, videosOfClass } from '../../../support/videos/index.ts'
import { command, folderForFile, startCommand, type Ended } from './command-line.ts'

const root = folderForFile()
const workspaceOf = (name: string): string => join(root, 'workspaces', name)
const folderOf = (name: string): string => join(root, 'folders', name)

/** What a person reads of a refusal, without the progress before it; every refusal ends with 1 and leaves standard output to results. */
function refusalText({ code, stdout, stderr }: Ended): string {
  if (code !== 1 || stdout !== '')
    throw new Error(`Not a refusal: ended with ${code}, standard output "${stdout}", standard error "${stderr}".`)
  return stderr
    .replaceAll(/^Inspecting .*\n/gm, '')
    .replaceAll(/\S*\/workspaces\/[\w-]+/g, '<workspace>')
    .replaceAll(/\S*\/folders\/[\w-]+/g, '<folder>')
}

/** Imports a folder into a workspace of the same name. */
async function importAs(name: string, classes: Record<string, readonly string[]>): Promise<Ended> {
  return command(
    'dataset',
    'import',
    copyClasses(folderOf(name), classes),
    '--name',
    'falls',
    '--workspace',
    workspaceOf(name),
  )
}

async function imported(name: string, classes: Record<string, readonly string[]>): Promise<void> {
  const { code, stderr } = await importAs(name, classes)
  if (code !== 0) throw new Error(`The import failed: ${stderr}`)
}

/** Runs the preset `tiny` on `falls` in a workspace. */
const pipelineRun = (workspace: string, ...words: string[]): Promise<Ended> =>
  command('pipeline', 'run', '--dataset', 'falls', '--preset', 'tiny', '--workspace', workspaceOf(workspace), ...words)

beforeAll(async () => {
  mkdirSync(join(root, 'workspaces'))
  mkdirSync(folderOf('empty'), { recursive: true })
  writeFileSync(workspaceOf('a-file'), '')
  await imported('two-classes', { fall: videosOfClass('fall', 3), other: videosOfClass('fall', 6).slice(3) })
})

describe('an import is refused', () => {
  test.concurrent('of an empty folder', async ({ expect }) => {
    expect(
      refusalText(
        await command('dataset', 'import', folderOf('empty'), '--name', 'falls', '--workspace', workspaceOf('empty')),
      ),
    ).toMatchInlineSnapshot(`
      "The folder <folder> contains no video files.
      Choose a folder with one folder of videos per class, or with videos and a labels.csv.
      "
    `)
  })

  test.concurrent('of broken files alone', async ({ expect }) => {
    const said = refusalText(await importAs('broken', { fall: brokenVideos() }))
    expect(said).toMatch(/^None of the 12 video files in <folder> can be read:\n/)
    const listed = [...said.matchAll(/^fall\/\d+-(\S+): (.*)$/gm)]
    expect(listed.length).toBeGreaterThan(4)
    for (const [, name, reason] of listed) expect(reason).toMatch(brokenReasons[name!]!)
    expect(said).toMatch(/\nReplace or convert the files, then import the folder again\.\n$/)
  })
})

describe('a pipeline is refused', () => {
  test.concurrent('with labels of one class', async ({ expect }) => {
    await imported('one-class', { fall: videosOfClass('fall', 3) })
    expect(refusalText(await pipelineRun('one-class'))).toMatchInlineSnapshot(`
      "falls needs two classes with train and test videos in the label set class; there is only fall.
      Add videos of another class and import the folder again, or choose only the stages image-teacher, video-teacher, and distill.
      "
    `)
  })

  test.concurrent('on videos with fewer frames than a clip', async ({ expect }) => {
    const short = readableVideo('h264-five-frames.mp4')
    await imported('short', { fall: [short, short], other: [short, short] })
    expect(refusalText(await pipelineRun('short', '--stages', 'video-teacher', '--set', 'video-teacher.batchSize=1')))
      .toMatchInlineSnapshot(`
      "clip.frames: a clip has 16 frames, but the longest of the 4 videos of falls has 5.
      Set clip.frames to at most 5, or use longer videos.
      "
    `)
  })

  test.concurrent('of an unknown preset', async ({ expect }) => {
    expect(
      refusalText(
        await command(
          'pipeline',
          'run',
          '--dataset',
          'falls',
          '--preset',
          'tyni',
          '--workspace',
          workspaceOf('unused'),
        ),
      ),
    ).toMatchInlineSnapshot(`
      "There is no preset called tyni.
      Did you mean tiny? There are 30, such as demo, desk, tiny; "pipeline presets" lists them.
      "
    `)
  })

  test.concurrent('on an unknown dataset', async ({ expect }) => {
    expect(refusalText(await pipelineRun('no-dataset'))).toMatchInlineSnapshot(`
      "There is no dataset called falls.
      Import a folder of videos first.
      "
    `)
  })

  test.concurrent('with nothing masked', async ({ expect }) => {
    expect(refusalText(await pipelineRun('unused', '--set', 'distill.maskRatio=0'))).toMatchInlineSnapshot(`
      "distill.maskRatio: The mask ratio must be above 0, or there is nothing to predict.
      It takes a number between 0 and 1, both excluded.
      "
    `)
  })

  test.concurrent('with everything masked', async ({ expect }) => {
    expect(refusalText(await pipelineRun('unused', '--set', 'distill.maskRatio=1'))).toMatchInlineSnapshot(`
      "distill.maskRatio: The mask ratio must be below 1, or nothing is visible.
      It takes a number between 0 and 1, both excluded.
      "
    `)
  })

  test.concurrent('with patches that do not divide the crop', async ({ expect }) => {
    expect(refusalText(await pipelineRun('unused', '--set', 'clip.patchSize=15'))).toMatchInlineSnapshot(`
      "clip.patchSize: The patch size 15 px does not divide the image size 64 px. Try 16 px.
      Change it with --set section.key=value; "pipeline fields" lists every field.
      "
    `)
  })

  test.concurrent('with a setting of an unknown section', async ({ expect }) => {
    expect(refusalText(await pipelineRun('unused', '--set', 'distil.epochs=3'))).toMatchInlineSnapshot(`
      "The configuration has no section "distil".
      Did you mean distill? Sections: general, clip, image-teacher, video-teacher, distill, finetune, evaluate.
      "
    `)
  })

  test.concurrent('with a batch larger than the data', async ({ expect }) => {
    cpSync(workspaceOf('two-classes'), workspaceOf('large-batch'), { recursive: true })
    expect(
      refusalText(
        await pipelineRun('large-batch', '--stages', 'video-teacher', '--set', 'video-teacher.batchSize=512'),
      ),
    ).toMatchInlineSnapshot(`
      "video-teacher.batchSize: a batch of 512 is more than the 4 training samples of falls.
      Set video-teacher.batchSize to at most 4, or raise video-teacher.samplesPerVideo.
      "
    `)
  })
})

describe('a workspace is refused', () => {
  test.concurrent('that cannot be written to', async ({ expect, skip, task }) => {
    // The superuser ignores permissions, but no user can create a folder below /proc.
    if (process.platform !== 'linux') {
      task.meta.notRun = 'Only Linux has a folder that no user can write to.'
      skip()
    }
    expect(refusalText(await command('dataset', 'list', '--workspace', '/proc/mvd-studio'))).toMatchInlineSnapshot(`
      "The workspace /proc/mvd-studio cannot be written to.
      Choose a folder that you can write to with --workspace, or change the permissions of this one.
      "
    `)
  })

  test.concurrent('that is a file', async ({ expect }) => {
    expect(refusalText(await command('dataset', 'list', '--workspace', workspaceOf('a-file')))).toMatchInlineSnapshot(`
      "The workspace <workspace> is a file, not a folder.
      Choose a folder with --workspace.
      "
    `)
  })

  test.concurrent(
    'and the port of a server. A second server of a workspace prints a link to the first, and other verbs use it',
    { timeout: 120_000 },
    async ({ expect }) => {
      const server = startCommand('serve', '--port', '0', '--workspace', workspaceOf('served'))
      const ended = once(server, 'close')
      try {
        const port = await portOf(server)
        expect(await command('dataset', 'list', '--workspace', workspaceOf('served'))).toMatchObject({ code: 0 })
        expect(await command('serve', '--port', '0', '--workspace', workspaceOf('served'))).toMatchObject({ code: 0 })
        expect(
          refusalText(await command('serve', '--port', port, '--workspace', workspaceOf('beside'))).replaceAll(
            port,
            '<port>',
          ),
        ).toMatchInlineSnapshot(`
        "Port <port> is in use by another program.
        Choose another with --port, or --port 0 for any free one.
        "
      `)
      } finally {
        server.kill()
        await ended
      }
    },
  )
})

test.concurrent('the export of an unknown checkpoint is refused', async ({ expect }) => {
  expect(
    refusalText(
      await command(
        'checkpoint',
        'export',
        'no-run@1',
        '--to',
        join(root, 'weights.safetensors'),
        '--workspace',
        workspaceOf('no-checkpoint'),
      ),
    ),
  ).toMatchInlineSnapshot(`
    "There is no run no-run.
    Run ids look like <pipeline>.<stage>; \`run list\` shows them.
    "
  `)
})

test.concurrent('a refusal with --json is one JSON document on standard error', async ({ expect }) => {
  expect(JSON.parse(refusalText(await pipelineRun('no-dataset-json', '--json')))).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "not-found",
        "hint": "Import a folder of videos first.",
        "message": "There is no dataset called falls.",
      },
    }
  `)
})

test.concurrent('a mistyped option with --json is one JSON document on standard error', async ({ expect }) => {
  expect(JSON.parse(refusalText(await pipelineRun('unused', '--json', '--labls', 'folder')))).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "bad-request",
        "hint": "Add --help to see what the verb takes.",
        "message": "Unknown option '--labls'. Did you mean --labels?",
      },
    }
  `)
})

test.concurrent.each([
  [['engines', '--again'], '"engines" is now "engine list".'],
  [['checkpoint', 'import', 'model.pth', '--name', 'mae'], '"checkpoint import" is now "model import".'],
  [['checkpoint', 'describe', 'mae', '--heads', '3'], '"checkpoint describe" is now "model describe".'],
  [['checkpoint', 'remove', 'mae', '--json'], '"checkpoint remove" is now "model remove".'],
])('the earlier spelling %j names the new one', async (words, message) => {
  const { code, stdout, stderr } = await command(...words)
  expect([code, stdout]).toEqual([1, ''])
  const said = words.includes('--json') ? JSON.parse(stderr).error.message : stderr.split('\n')[0]
  expect(said).toBe(message)
})

test.concurrent('an import and the list of datasets with --json are one JSON document each', async ({ expect }) => {
  const common = ['--workspace', workspaceOf('json'), '--json']
  const made = await command(
    'dataset',
    'import',
    copyClasses(folderOf('json'), { fall: videosOfClass('fall', 2) }),
    '--name',
    'falls',
    ...common,
  )
  expect({ ...made, stdout: JSON.parse(made.stdout) }).toMatchObject({
    code: 0,
    stderr: '',
    stdout: { name: 'falls', videoCount: 2, brokenCount: 0 },
  })
  const listed = await command('dataset', 'list', ...common)
  expect({ ...listed, stdout: JSON.parse(listed.stdout) }).toMatchObject({
    code: 0,
    stderr: '',
    stdout: [{ name: 'falls', videoCount: 2, brokenCount: 0 }],
  })
})

/** The port in the link that a studio prints when it is open. */
async function portOf(server: ReturnType<typeof startCommand>): Promise<string> {
  let said = ''
  for await (const text of server.stdout ?? []) {
    said += String(text)
    const port = /http:\/\/[^\s/]*:(\d+)/.exec(said)?.[1]
    if (port !== undefined) return port
  }
  throw new Error(`The studio ended before its link: ${said}`)
}
