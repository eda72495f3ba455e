import type english from '../en/errors.ts'
import type { Translation } from '../shape.ts'

export default {
  'bad-request': {
    title: '要求を受け付けられませんでした',
    hint: '項目または引数を修正して、もう一度実行してください。',
  },
  'not-found': { title: '見つかりません', hint: '名前を確認するか、ページを再読み込みしてください。' },
  'already-exists': { title: 'この名前はすでに使われています', hint: '別の名前を選んでください。' },
  'configuration-invalid': { title: '設定が正しくありません', hint: '下に示した項目を変更してください。' },
  'preset-unknown': { title: 'プリセットがありません', hint: '一覧にあるプリセットを選んでください。' },
  'dataset-empty': {
    title: '使用できる動画がフォルダにありません',
    hint: '動画ファイルを含むフォルダを選んでください。',
  },
  'dataset-broken': {
    title: 'データセットを読み取れません',
    hint: '下に示したファイルを修正して、もう一度実行してください。',
  },
  'dataset-one-class': {
    title: 'データセットのクラスが 2 つ未満です',
    hint: '動画を含むクラスが 2 つ以上あるデータセットを使ってください。',
  },
  'dataset-changed': {
    title: 'データセットのファイルが変更されています',
    hint: 'ファイルを元に戻すか、データセットをもう一度インポートしてください。',
  },
  'video-unreadable': { title: '動画を読み取れません', hint: '下に示した動画を置き換えるか、取り除いてください。' },
  'video-too-short': {
    title: '動画が短すぎます',
    hint: 'より長い動画を使うか、クリップのフレーム数を減らしてください。',
  },
  'checkpoint-invalid': {
    title: 'モデルファイルを使用できません',
    hint: '別のファイルを選ぶか、もう一度ダウンロードしてください。',
  },
  'reference-differs': {
    title: '数値が参照値と異なります',
    hint: 'エンジンとバージョンを参照時のものと比べてください。',
  },
  'engine-unavailable': {
    title: 'このマシンではエンジンを使用できません',
    hint: '別のエンジンを選ぶか、下に示したものをインストールしてください。',
  },
  'decoder-unavailable': {
    title: '動画デコーダがありません',
    hint: 'node-av または ffmpeg をインストールしてください。',
  },
  'out-of-memory': {
    title: 'メモリが不足しています',
    hint: 'バッチサイズを小さくするか、ほかのプログラムを終了してください。',
  },
  'system-limit': {
    title: 'システムの上限に達しました',
    hint: 'ほかのプログラムを終了するか、下に示された上限を引き上げてください。',
  },
  diverged: { title: '訓練が発散しました', hint: '学習率を下げるか、以前のチェックポイントから再開してください。' },
  'disk-full': { title: 'ディスクの空きがありません', hint: '空き容量を増やして、もう一度実行してください。' },
  'run-state': {
    title: '現在の実行の状態ではこの操作はできません',
    hint: 'ページを再読み込みして、最新の状態を確認してください。',
  },
  'run-failed': { title: '実行が失敗しました', hint: '実行のログを確認してください。' },
  'workspace-in-use': {
    title: 'ワークスペースは使用中です',
    hint: 'もう一方の Studio を終了するか、別のワークスペースを開いてください。',
  },
  'workspace-read-only': {
    title: 'ワークスペースに書き込めません',
    hint: 'アクセス権を変更するか、別のフォルダを選んでください。',
  },
  'workspace-newer': {
    title: 'ワークスペースは新しいバージョンで作成されています',
    hint: 'Studio を更新してください。',
  },
  'port-in-use': { title: 'ポートは使用中です', hint: '別のポートを選んでください。' },
  cancelled: { title: 'キャンセルしました', hint: '必要であれば、もう一度開始してください。' },
  disconnected: { title: 'Studio との接続が切れました', hint: '再接続されるまで待って、もう一度実行してください。' },
  internal: { title: 'Studio の内部エラーです', hint: 'ログを添えて報告してください。' },
} satisfies Translation<typeof english>
