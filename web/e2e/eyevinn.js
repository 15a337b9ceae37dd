import { WHIPClient } from '@eyevinn/whip-web-client';
import { WebRTCPlayer } from '@eyevinn/webrtc-player';

window.eyevinn = { WHIPClient, WebRTCPlayer };
