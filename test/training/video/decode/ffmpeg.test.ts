import { describe, expect, test } from 'vitest'
import { decodedSize } from '#training/data/geometry.ts'
import { type DecodedStream, inspectionOf } from '#training/video/decode/decoder.ts'
import {
  decodeArguments,
  FrameSplitter,
  inspectArguments,
  parseInspection,
  parseProbe,
} from '#training/video/decode/ffmpeg.ts'
import { orientation } from '#training/video/decode/filters.ts'
import { damageOf } from '#training/video/decode/inspect-file.ts'

describe('decodeArguments', () => {
  test('select frames by index and stop after the last', () => {
    expect(decodeArguments('/v/a b.mp4', { width: 96, height: 64 }, [0, 4, 8]).join(' ')).toMatchInlineSnapshot(
      `"-v error -nostdin -threads 1 -format_whitelist mov,matroska,avi,asf,flv,ogg,mpeg,mpegts,mpegvideo,mxf,dv,gif,rm,wtv,ivf,nut,yuv4mpegpipe,h264,hevc,m4v -protocol_whitelist file,pipe -i /v/a b.mp4 -map 0:V:0 -vf select='eq(n,0)+eq(n,4)+eq(n,8)',scale=96:64:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,format=rgb24 -fps_mode passthrough -frames:v 3 -f rawvideo -"`,
    )
  })
  test('select all frames', () => {
    expect(decodeArguments('/v/a.mp4', { width: 96, height: 64 }, 'all').join(' ')).toMatchInlineSnapshot(
      `"-v error -nostdin -threads 1 -format_whitelist mov,matroska,avi,asf,flv,ogg,mpeg,mpegts,mpegvideo,mxf,dv,gif,rm,wtv,ivf,nut,yuv4mpegpipe,h264,hevc,m4v -protocol_whitelist file,pipe -i /v/a.mp4 -map 0:V:0 -vf scale=96:64:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,format=rgb24 -fps_mode passthrough -f rawvideo -"`,
    )
  })
  test('inspectArguments request one document', () => {
    expect(inspectArguments('/v/a.mp4').join(' ')).toMatchInlineSnapshot(
      `"-v error -threads 1 -count_frames -count_packets -show_packets -show_streams -show_format -show_entries packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags:stream=index,codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,r_frame_rate,duration,nb_frames,nb_read_frames,nb_read_packets:stream_disposition=attached_pic:stream_side_data=rotation:format=format_name -of json -format_whitelist mov,matroska,avi,asf,flv,ogg,mpeg,mpegts,mpegvideo,mxf,dv,gif,rm,wtv,ivf,nut,yuv4mpegpipe,h264,hevc,m4v -protocol_whitelist file,pipe -i /v/a.mp4"`,
    )
  })
})

describe('FrameSplitter', () => {
  test.each([1, 5, 12, 13, 100])('cuts frames out of pieces of %s bytes and drops a partial one', (piece) => {
    const stream = Uint8Array.from({ length: 30 }, (_, index) => index)
    const frames: number[][] = []
    const splitter = new FrameSplitter({ width: 2, height: 2 }, (pixels, order) => void (frames[order] = [...pixels]))
    for (let at = 0; at < stream.length; at += piece) splitter.push(stream.subarray(at, at + piece))
    expect(frames).toEqual([[...stream.subarray(0, 12)], [...stream.subarray(12, 24)]])
    expect(splitter.count).toBe(2)
  })
})

const probe = (document: object) => parseProbe('/v/a.mkv', JSON.stringify(document))
const parse = (document: object, errors = '') => parseInspection('/v/a.mp4', JSON.stringify(document), errors)

describe('parseInspection', () => {
  const stream = {
    index: 1,
    codec_type: 'video',
    codec_name: 'h264',
    width: 320,
    height: 184,
    avg_frame_rate: '24/1',
    r_frame_rate: '24/1',
    nb_read_frames: '3',
    nb_read_packets: '3',
  }
  const packets = [0, 1 / 24, 2 / 24].map((time) => ({
    stream_index: 1,
    pts_time: time.toFixed(6),
    duration_time: '0.041667',
    size: '100',
    pos: '1000',
    flags: time === 0 ? 'K_' : '__',
  }))
  const format = { format_name: 'mov,mp4,m4a,3gp,3g2,mj2' }

  test('reads size, rate, duration and counts', () => {
    expect(parse({ packets, streams: [stream], format })).toEqual({
      frameCount: 3,
      width: 320,
      height: 184,
      framesPerSecond: 24,
      durationMs: expect.closeTo(125, 2),
      codec: 'h264',
      pixelFormat: 'unknown',
      isRotated: false,
      packetCount: 3,
      failedPackets: 0,
      announcedFrames: 0,
      readBytes: 1100,
    })
  })

  test('without decoding, frames are counted by a header that states them, or by the packets', () => {
    const stated = { ...stream, nb_frames: '3', duration: '0.125000' }
    expect(probe({ streams: [stated], format })).toMatchObject({ frameCount: 3, framesPerSecond: 24 })
    // Matroska states no number of frames, and no duration of a stream.
    expect(probe({ streams: [stream], format })).toBeUndefined()
    expect(probe({ packets, streams: [stream], format })).toMatchObject({ frameCount: 3, framesPerSecond: 24 })
  })

  test('swaps width and height of a rotated video', () => {
    expect(parse({ packets, streams: [{ ...stream, side_data_list: [{ rotation: -90 }] }], format })).toMatchObject({
      width: 184,
      height: 320,
    })
  })

  test('counts missing frames as failed only if ffprobe reported errors', () => {
    const doubled = { packets: [...packets, ...packets], streams: [stream], format }
    expect(parse(doubled).failedPackets).toBe(0)
    expect(parse(doubled, 'Invalid NAL unit').failedPackets).toBe(3)
  })

  test('does not count packets before the first key frame, nor those that an edit list hides', () => {
    const [key, ...others] = packets
    const before = { ...others[0], flags: '__' }
    const hidden = { ...others[0], flags: '_D' }
    const document = { packets: [before, before, key, hidden, ...others], streams: [stream], format }
    expect(parse(document, 'reference missing').failedPackets).toBe(0)
  })

  test.each([
    ['nothing', '', 'This is not a video file: no known video format was found in it.'],
    ['an empty document', '{}', 'This is not a video file: no known video format was found in it.'],
    [
      'sound',
      JSON.stringify({ streams: [{ index: 0, codec_type: 'audio' }], format }),
      'The file has no video stream, only sound or other data.',
    ],
    [
      'sound with a cover',
      JSON.stringify({ streams: [{ ...stream, disposition: { attached_pic: 1 } }], format }),
      'The file has no video stream, only sound or other data.',
    ],
  ])('of %s says so', (_, json, reason) => {
    expect(() => parseInspection('/v/a.mp4', json, '')).toThrow(`/v/a.mp4: ${reason}`)
  })
})

const times = (...starts: number[]) => starts.map((start) => ({ decodedAt: start, shownAt: start, duration: 0.5 }))

describe('inspectionOf', () => {
  const stream = {
    frameCount: 4,
    packetCount: 4,
    failedPackets: 0,
    announcedFrames: 0,
    readBytes: 0,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    isRotated: false,
    storedSize: { width: 2, height: 2 },
    isSideways: false,
    frameRate: 2,
    formatNames: 'mpegts',
  }
  const cases: [string, Partial<DecodedStream>, number, number][] = [
    ['from 0', { times: times(0, 0.5, 1, 1.5) }, 2000, 2],
    ['from a later time', { times: times(100, 100.5, 101, 101.5) }, 2000, 2],
    ['from a negative time', { times: times(-1, -0.5, 0, 0.5) }, 2000, 2],
    ['across a jump', { times: times(5000, 5000.5, 0, 0.5) }, 2000, 2],
    ['a pause in a file that cannot jump', { times: times(0, 0.5, 1, 31.5), formatNames: 'matroska' }, 32_000, 1 / 8],
    ['without times, from the frame rate', {}, 2000, 2],
    ['without a frame rate', { times: times(3, 3.5, 4, 4.5), frameRate: 0 }, 2000, 2],
    ['with a wrong frame rate', { times: times(3, 3.5, 4, 4.5), frameRate: 25 }, 2000, 2],
    ['without durations', { times: times(3, 3.5, 4, 4.5).map((time) => ({ ...time, duration: 0 })) }, 2000, 2],
    ['without anything', { frameRate: 0 }, 4000, 1],
  ]
  test.each(cases)('measures %s', (_, change, durationMs, framesPerSecond) => {
    expect(inspectionOf({ ...stream, times: [], ...change })).toMatchObject({ durationMs, framesPerSecond })
  })
})

describe('damageOf', () => {
  const whole = {
    frameCount: 100,
    packetCount: 100,
    failedPackets: 0,
    width: 1,
    height: 1,
    framesPerSecond: 25,
    durationMs: 4000,
    codec: 'h264',
    pixelFormat: 'yuv420p',
    isRotated: false,
    announcedFrames: 0,
    readBytes: 1_000_000,
  }
  const container = {
    name: 'Matroska or WebM',
    isIndexed: false,
    isPicture: false,
    extent: { end: 1_000_000, unit: 'all' as const },
  }
  const cut = 'The file is cut off: it has 977 KiB of 1.9 MiB.'
  const torn =
    'The file is cut off: it ends in the middle of a packet. If nothing important is missing, rewrite it: ffmpeg -i OLD -c copy NEW.'
  test.each([
    [{}, {}, undefined],
    [{ failedPackets: 2 }, {}, undefined],
    [{ failedPackets: 3 }, {}, 'The file is damaged: 3 of its 100 video packets could not be decoded.'],
    [{}, { extent: undefined }, undefined],
    [{}, { extent: { end: 1_000_016, unit: 'all' as const } }, undefined],
    [{}, { extent: { end: 2_000_000, unit: 'all' as const } }, cut],
    [{ failedPackets: 9 }, { extent: { end: 2_000_000, unit: 'all' as const } }, cut],
    [{ announcedFrames: 100 }, { extent: { end: 2_000_000, unit: 'all' as const } }, undefined],
    [{ announcedFrames: 200 }, {}, undefined],
    [{}, { extent: { end: 1_000_001, unit: 'packet' as const } }, torn],
    [{ readBytes: 500_000 }, {}, 'The file is damaged: nothing can be read after the first 488 KiB of 977 KiB.'],
    [{ readBytes: 500_000 }, { isIndexed: true }, undefined],
    [{ frameCount: 0 }, {}, 'No frame could be decoded.'],
  ])('%j in %j', (change, kind, damage) => {
    expect(damageOf({ ...whole, ...change }, { ...container, ...kind }, 1_000_000)?.reason).toBe(damage)
  })
})

test.each([
  [undefined, [], false],
  [[1, 0, 0, 0, 1, 0], [], false],
  [[0, 1, 0, -1, 0, 0], ['transpose=clock'], true],
  [[0, -1, 0, 1, 0, 0], ['transpose=cclock'], true],
  [[0, 1, 0, 1, 0, 0], ['transpose=cclock_flip'], true],
  [[0, -1, 0, -1, 0, 0], ['transpose=clock_flip'], true],
  [[-1, 0, 0, 0, -1, 0], ['hflip', 'vflip'], false],
  [[-1, 0, 0, 0, 1, 0], ['hflip'], false],
])('orientation of %j is %j', (matrix, filters, isSideways) => {
  expect(orientation(matrix === undefined ? undefined : Int32Array.from(matrix, (value) => value * 0x10000))).toEqual({
    filters,
    isSideways,
  })
})

test.each([
  [{ width: 640, height: 360 }, 320, { width: 569, height: 320 }],
  [{ width: 360, height: 640 }, 320, { width: 320, height: 569 }],
  [{ width: 64, height: 64 }, 91, { width: 64, height: 64 }],
  [{ width: 500, height: 500 }, 320, { width: 320, height: 320 }],
])('decodedSize(%j, %s) is %j', (size, shortSide, expected) => {
  expect(decodedSize(size, shortSide)).toEqual(expected)
})
