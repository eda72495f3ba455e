import { formatQuantity } from '#contract/format.ts'
import type { CloseChoice, OpenWork } from '../local/open-work.ts'

interface ClosingTexts {
  readonly message: string
  readonly detail: string
  readonly buttons: Readonly<Record<CloseChoice, string>>
}

type Language = 'en' | 'ja' | 'zh'

/** The native dialog in a language of the system; English for others. `locale` as in BCP 47: `ja`, `zh-CN`. */
export function closingTexts(work: OpenWork, locale: string): ClosingTexts {
  const [language = 'en'] = locale.split('-')
  return language === 'ja' || language === 'zh' ? texts[language](work) : texts.en(work)
}

const waitingOf = ({ waiting, experiments }: OpenWork): number => waiting.length + experiments.length

const texts: Readonly<Record<Language, (work: OpenWork) => ClosingTexts>> = {
  en: (work) => ({
    message: `${formatQuantity(work.computing.length, 'run')} computing, ${waitingOf(work)} waiting`,
    detail:
      'Keep running: the window closes, and the studio stays open without it until the last run has ended. Start MVD Studio again to see the window.\n\nSave and stop: every run saves a checkpoint and stops. You can resume it later.',
    buttons: { keep: 'Keep running', stop: 'Save and stop', cancel: 'Cancel' },
  }),
  ja: (work) => ({
    message: `実行中 ${work.computing.length} 件、待機中 ${waitingOf(work)} 件`,
    detail:
      '実行を続ける: ウィンドウを閉じますが、最後の実行が終わるまで Studio はウィンドウなしで動作します。MVD Studio をもう一度起動すると、ウィンドウが表示されます。\n\n保存して停止: すべての実行がチェックポイントを保存して停止します。後で再開できます。',
    buttons: { keep: '実行を続ける', stop: '保存して停止', cancel: 'キャンセル' },
  }),
  zh: (work) => ({
    message: `${work.computing.length} 个运行正在计算，${waitingOf(work)} 个在等待`,
    detail:
      '继续运行：窗口关闭，Studio 在没有窗口的情况下保持打开，直到最后一个运行结束。再次启动 MVD Studio 即可看到窗口。\n\n保存并停止：每个运行保存检查点后停止，之后可以继续。',
    buttons: { keep: '继续运行', stop: '保存并停止', cancel: '取消' },
  }),
}
