import type { ShownAlertRule } from '#contract/domain/alert.ts'

const common = {
  createdAt: '2026-01-01T09:00:00.000Z',
  plateau: { metric: 'validation/loss', patience: 10, minImprovement: 0 },
  diskLowGib: 5,
}

/** An alert in each channel; the webhook does not work. */
export const fakeAlerts = (): ShownAlertRule[] => [
  { ...common, id: 'a1', kinds: ['finished', 'failed', 'diverged'], channel: { type: 'desktop' }, problem: null },
  {
    ...common,
    id: 'a2',
    kinds: ['failed', 'diverged', 'stalled', 'disk-low'],
    channel: { type: 'webhook', host: 'https://hooks.slack.com', format: 'slack' },
    problem: {
      at: '2026-01-02T10:00:00.000Z',
      message: 'The webhook at https://hooks.slack.com answered with status 404. Given up after 4 tries.',
    },
  },
  {
    ...common,
    id: 'a3',
    kinds: ['plateau'],
    channel: { type: 'command', program: '/usr/local/bin/notify-team', arguments: ['--channel', 'training'] },
    problem: null,
  },
]
