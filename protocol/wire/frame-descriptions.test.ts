import { describe, expect, it } from '@jest/globals';
import { ClientFrameSchema, ServerFrameSchema } from '../gen/wire/wire_pb.js';
import { describeFrames } from './frame-descriptions.js';

describe('The description of the frames', () => {
  it('has every frame of both directions, with the fields that the schema has', () => {
    const frames = describeFrames();
    const bodies = [ClientFrameSchema, ServerFrameSchema].flatMap((schema) =>
      schema.oneofs.flatMap((oneof) => oneof.fields.map(({ localName }) => localName)),
    );
    expect(frames.map(({ name }) => name).toSorted()).toEqual(bodies.toSorted());
    const types = frames.flatMap(({ fields }) => fields.map(({ type }) => type));
    expect(types).not.toContain('unknown');
    expect(frames.find(({ name }) => name === 'send')?.fields).toEqual([
      { name: 'recipient_account', number: 1, type: 'bytes', repeated: false },
      { name: 'access_key', number: 2, type: 'bytes', repeated: false },
      { name: 'envelopes', number: 3, type: 'DeviceEnvelope', repeated: true },
    ]);
  });

  it('says of every frame of a client who may send it and what limits it', () => {
    for (const frame of describeFrames().filter(({ direction }) => direction === 'toServer')) {
      expect(frame.access).toBeDefined();
      expect(frame.limits).not.toEqual([]);
    }
  });
});
