import { useEffect, useRef } from 'preact/hooks';
import { isTrouble, seenCode, type CameraTrouble, type SeenCode } from '../../model/code-reader.js';
import { useApp, useText } from '../app-context.js';

/** Between two frames: often enough to seem at once, seldom enough for a slow machine. */
const FRAME_MS = 120;

interface CameraViewProps {
  readonly onSeen: (seen: SeenCode) => void;
  readonly onTrouble: (trouble: CameraTrouble) => void;
}

/** Shows what the camera sees and reads codes in it. The camera is off as soon as this is gone. */
export const CameraView = ({ onSeen, onTrouble }: CameraViewProps) => {
  const { codeReader } = useApp();
  const text = useText();
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    let gone = false;
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const look = async (element: HTMLVideoElement): Promise<void> => {
      const seen = seenCode(await codeReader.readFrame(element));
      if (gone) return;
      if (seen.kind !== 'none') onSeen(seen);
      if (seen.kind !== 'code') timer = setTimeout(() => void look(element), FRAME_MS);
    };
    const open = async (): Promise<void> => {
      const camera = await codeReader.openCamera();
      if (isTrouble(camera)) {
        if (!gone) onTrouble(camera);
        return;
      }
      const element = video.current;
      if (gone || element === null) {
        for (const track of camera.getTracks()) track.stop();
        return;
      }
      stream = camera;
      element.srcObject = camera;
      void look(element);
    };
    void open();
    return () => {
      gone = true;
      clearTimeout(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);

  return (
    <div class="camera">
      <video class="camera-view" ref={video} autoPlay muted playsInline aria-label={text('code.camera.view')} />
      <p class="field-note">{text('code.camera.looking')}</p>
    </div>
  );
};
