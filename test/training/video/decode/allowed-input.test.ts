import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { readableVideo } from '../../../support/videos/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'mvd-lists-'))
afterAll(() => rmSync(folder, { recursive: true }))
const neighbour = join(folder, 'neighbour.ts')
copyFileSync(readableVideo('h264-five-frames.mp4'), neighbour)
const ffmpeg = await openFfmpeg().catch(() => undefined)
const decoders = [await openNodeAv(), ...(ffmpeg === undefined ? [] : [ffmpeg])].map((decoder) => ({
  name: decoder.description.split(' ')[0],
  decoder,
}))

/** Files that hold no frames, but name others. */
const lists: Record<string, string> = {
  'ffconcat.mp4': 'ffconcat version 1.0\nfile neighbour.ts\n',
  'absolute.avi': `ffconcat version 1.0\nfile '${neighbour}'\n`,
  'hls.mkv': '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nneighbour.ts\n#EXT-X-ENDLIST\n',
  'session.mov':
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  'dash.webm':
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet><Representation id="1"><BaseURL>neighbour.ts</BaseURL></Representation></AdaptationSet></Period></MPD>',
}

describe.each(decoders)('$name', ({ decoder }) => {
  test.each(Object.keys(lists))('does not read the files that %s names', async (name) => {
    const file = join(folder, name)
    writeFileSync(file, lists[name]!)
    expect((await inspectFile(decoder, file)).state).toBe('broken')
    const frames: number[] = []
    await decoder
      .decode(file, { width: 8, height: 8 }, 'all', (_pixels, index) => void frames.push(index))
      .catch(() => undefined)
    expect(frames).toEqual([])
  })

  test.skipIf(process.platform === 'win32')('refuses a pipe, a socket and a device at once', async () => {
    const pipe = join(folder, 'pipe.mp4')
    spawnSync('mkfifo', [pipe])
    const device = join(folder, 'device.mp4')
    symlinkSync('/dev/zero', device)
    const path = join(folder, 'socket.mp4')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    for (const [file, problem] of [
      [pipe, 'is a named pipe'],
      [device, 'is a device'],
      [path, 'is a socket'],
    ] as const) {
      expect(await inspectFile(decoder, file)).toMatchObject({
        state: 'broken',
        reason: `This ${problem}, not a file.`,
      })
      await expect(decoder.decode(file, { width: 8, height: 8 }, 'all', () => undefined)).rejects.toThrow(problem)
    }
    server.close()
    rmSync(pipe)
    rmSync(device)
  })
})
