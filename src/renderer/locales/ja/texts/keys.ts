import type { ContractTexts } from '../../shape.ts'

/** Help of the keys of filters, and the labels that no other list has. */
export default {
  'Id of the run.': '実行の ID。',
  'Id of the pipeline.': 'パイプラインの ID。',
  'Stage of the pipeline, by its id or its title.': 'パイプラインのステージ。ID または名称で指定します。',
  'Status of the run.': '実行の状態。',
  'Dataset of the pipeline.': 'パイプラインのデータセット。',
  'Label set of the dataset.': 'データセットのラベルセット。',
  'Preset of the pipeline.': 'パイプラインのプリセット。',
  'Sweep that launched the pipeline.': 'パイプラインを開始したスイープ。',
  'Hyperparameters that the sweep of the pipeline varies, or that were changed when it was launched again, without the seed.':
    'スイープが変化させる、または再開始の際に変更したハイパーパラメータ。シードは除きます。',
  'Run from which the pipeline was launched again.': 'パイプラインの再開始の元になった実行。',
  'Whether it finished before its last epoch, because a metric no longer improved.':
    '指標が改善しなくなり、最後のエポックの前に完了したかどうか。',
  'Path of the event files or of the store from which the run was imported.':
    '実行のインポート元のイベントファイルまたはストアのパス。',
  'Engine that computes the run. The engine asked for is general.engine.':
    '実行を計算するエンジン。指定したエンジンは general.engine です。',
  'Name of the run, else of its pipeline.': '実行の名前。なければパイプラインの名前。',
  Organization: '整理',
  'Tags of the run and of its pipeline.': '実行とそのパイプラインのタグ。',
  'Note on the run, else on its pipeline.': '実行のメモ。なければパイプラインのメモ。',
  'Colour of the run, else of its pipeline.': '実行の色。なければパイプラインの色。',
  'Whether the run or its pipeline has a star.': '実行またはパイプラインにスターがあるかどうか。',
  'Whether the run or its pipeline is archived.': '実行またはパイプラインがアーカイブ済みかどうか。',
  'Time of the launch.': '開始操作の日時。',
  'Start of the first attempt.': '最初の試行の開始。',
  'End of the last attempt.': '最後の試行の終了。',
  'Computing time of all attempts: 90s, 30min, 2h, 1.5d.': 'すべての試行の計算時間: 90s、30min、2h、1.5d。',
  Step: 'ステップ',
  'Last recorded step.': '最後に記録されたステップ。',
  'Steps of the whole run; unknown before its start. Of a run that stopped early, those that it computed.':
    '実行全体のステップ数。開始前は不明です。早期終了した実行では、計算した分です。',
  'Epochs of the whole run; unknown before its start. Of a run that stopped early, those that it computed.':
    '実行全体のエポック数。開始前は不明です。早期終了した実行では、計算した分です。',
  'Processes that have computed the run.': '実行を計算したプロセスの数。',
  'Effective batch size': '実効バッチサイズ',
  'Samples of one step.': '1 ステップのサンプル数。',
  Parameters: 'パラメータ数',
  'Trainable parameters.': '訓練されるパラメータの数。',
  'Number of checkpoints.': 'チェックポイントの数。',
  'Run that saved it.': '保存した実行。',
  'Pipeline of the run.': '実行のパイプライン。',
  'Stage of the run, by its id or its title.': '実行のステージ。ID または名称で指定します。',
  'Dataset of the run.': '実行のデータセット。',
  'Step of the checkpoint.': 'チェックポイントのステップ。',
  'Epoch of the checkpoint.': 'チェックポイントのエポック。',
  'Time at which it was saved.': '保存された日時。',
  'Size of its files: 500MiB, 2GiB.': 'ファイルのサイズ: 500MiB、2GiB。',
  'Whether it is the result of a finished run: its newest one, or with early stopping its best one.':
    '完了した実行の結果かどうか。最新のもの、早期終了では最良のものです。',
  'Name of an imported model.': 'インポートしたモデルの名前。',
  'File of an imported model.': 'インポートしたモデルのファイル。',
  'Kind of the model.': 'モデルの種類。',
  'Whose position table the model has.': 'モデルが持つ位置表の系統。',
  'File, relative to the folder of the dataset.': 'データセットのフォルダからの相対パス。',
  'Split of the clip; clips outside of every split have none.':
    'クリップの分割。どの分割にも入らないクリップにはありません。',
  'Frames of the clip.': 'クリップのフレーム数。',
  'Duration of the video: 500ms, 2.5s, 1min.': '動画の長さ: 500ms、2.5s、1min。',
  'Frame rate of the video.': '動画のフレームレート。',
  'Width of the video.': '動画の幅。',
  'Height of the video.': '動画の高さ。',
  'Codec of the video.': '動画のコーデック。',
  'Size of the file: 500KiB, 2MiB.': 'ファイルのサイズ: 500KiB、2MiB。',
} satisfies ContractTexts
